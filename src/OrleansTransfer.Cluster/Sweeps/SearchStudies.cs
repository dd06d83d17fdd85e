using System.Globalization;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>A recipe's search in the words of the tuning library.</summary>
public static class SearchStudies
{
    /// <summary>The settings of the study that a search is.</summary>
    public static StudySettings SettingsOf(Recipe recipe, SearchRecipe search) => new()
    {
        Parameters = [.. search.Space.Select(ParameterOf)],
        Budget = new(search.Budget.Trials, recipe.Training.Epochs),
        Goal = search.Maximises ? Goal.Maximise : Goal.Minimise,
        Sampler = new(search.Sampler.Type) { Options = search.Sampler.Options },
        Stopping = new(search.Stopping.Type) { Options = search.Stopping.Options },
        Seed = search.Seed,
    };

    /// <summary>The configuration that texts say.</summary>
    public static Configuration ConfigurationOf(IReadOnlyDictionary<string, string> parameters) =>
        new(parameters.Select(parameter => KeyValuePair.Create(parameter.Key, ValueOf(parameter.Value))));

    /// <summary>A configuration as recipes write its values.</summary>
    public static IReadOnlyDictionary<string, string> TextsOf(Configuration configuration) =>
        configuration.ToDictionary(parameter => parameter.Key, parameter => parameter.Value.ToString());

    /// <summary>The recipe of a trial.</summary>
    /// <param name="recipe">What trials have in common.</param>
    /// <param name="configuration">What it differs in.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="RecipeException">The values do not go together, or with the recipe.</exception>
    public static Recipe RecipeOf(Recipe recipe, Configuration configuration, string name)
    {
        var sets = TextsOf(configuration).Select(parameter => $"{parameter.Key}={parameter.Value}");
        return RecipeReader.Parse(RecipeWriter.ToYaml(recipe), "the sweep's recipe", [.. sets, $"name={name}"]);
    }

    private static SearchParameter ParameterOf(SearchParameterRecipe parameter) => (parameter.Kind switch
    {
        "uniform" => (SearchParameter)new UniformParameter(parameter.Path, parameter.Low, parameter.High)
        {
            Step = parameter.Step > 0 ? parameter.Step : null,
        },
        "log" => new LogParameter(parameter.Path, parameter.Low, parameter.High),
        "int" => new IntParameter(parameter.Path, (long)parameter.Low, (long)parameter.High)
        {
            Step = parameter.Step > 0 ? (long)parameter.Step : 1,
            Log = parameter.Logarithmic,
        },
        _ => new ChoiceParameter(parameter.Path, [.. parameter.Values.Select(ValueOf)]),
    }) with
    {
        When = parameter.WhenPath is { } path ? new(path, [.. parameter.WhenValues.Select(ValueOf)]) : null,
    };

    private static ParameterValue ValueOf(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : text;
}
