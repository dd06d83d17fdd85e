using System.Text;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>Writes searches in full as <see cref="SearchReader"/> reads them.</summary>
public static class SearchWriter
{
    /// <summary>A recipe and its search as YAML.</summary>
    public static string ToYaml(Recipe recipe, SearchRecipe search) => RecipeWriter.ToYaml(recipe) + ToYaml(search);

    /// <summary>The section <c>search</c> as YAML, its name on the first line.</summary>
    public static string ToYaml(SearchRecipe search)
    {
        var yaml = new StringBuilder("search:\n  space:\n");
        foreach (var parameter in search.Space) yaml.Append($"    {RecipeText.Of(parameter.Path)}: {{ {string.Join(", ", PartsOf(parameter))} }}\n");
        yaml.Append($"  metric: {RecipeText.Of(search.Metric)}\n");
        if (search.Goal.Length > 0) yaml.Append($"  goal: {RecipeText.Of(search.Goal)}\n");
        yaml.Append($"  sampler: {Algorithm(search.Sampler)}\n").Append($"  stopping: {Algorithm(search.Stopping)}\n");
        var (trials, hours, deviceHours) = (search.Budget.Trials, search.Budget.Hours, search.Budget.DeviceHours);
        yaml.Append($"  budget: {{ trials: {RecipeText.Of(trials)}, hours: {RecipeText.Of(hours)}, deviceHours: {RecipeText.Of(deviceHours)} }}\n");
        return yaml.Append($"  parallelism: {RecipeText.Of(search.Parallelism)}\n").Append($"  seed: {RecipeText.Of(search.Seed)}\n").ToString();
    }

    private static IEnumerable<string> PartsOf(SearchParameterRecipe parameter)
    {
        yield return parameter.Kind == SearchWords.Choice
            ? $"{parameter.Kind}: {RecipeText.Of(parameter.Values)}"
            : $"{parameter.Kind}: [{RecipeText.Of(parameter.Low)}, {RecipeText.Of(parameter.High)}]";
        if (parameter.Step != 0) yield return $"step: {RecipeText.Of(parameter.Step)}";
        if (parameter.Logarithmic) yield return "log: true";
        if (parameter.WhenPath is { } path) yield return $"when: {{ {RecipeText.Of(path)}: {RecipeText.Of(parameter.WhenValues)} }}";
    }

    private static string Algorithm(AlgorithmRecipe algorithm)
    {
        var options = algorithm.Options.Select(option => $"{RecipeText.Of(option.Key)}: {RecipeText.Of(option.Value)}");
        return $"{{ {string.Join(", ", [$"type: {RecipeText.Of(algorithm.Type)}", .. options])} }}";
    }
}
