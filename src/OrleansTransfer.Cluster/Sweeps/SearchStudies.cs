using System.Globalization;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Registration;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>A recipe's search in the words of the tuning library.</summary>
public static class SearchStudies
{
    /// <summary>The settings of the study that a search is.</summary>
    public static StudySettings SettingsOf(Recipe recipe, SearchRecipe search) => new()
    {
        Parameters = ParametersOf(search),
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

    /// <summary>A trial's resolved recipe with other values of what may change in the middle of a run.</summary>
    public static Recipe Changed(Recipe resolved, Configuration configuration)
    {
        var sets = TextsOf(configuration).Select(parameter => $"{parameter.Key}={parameter.Value}");
        return RecipeReader.Parse(RecipeWriter.ToYaml(resolved), "the trial's recipe", [.. sets]);
    }

    /// <summary>
    /// Every problem of a search, options of its algorithms among them; empty for one that can be started. Those of the recipe itself are for
    /// <see cref="RecipeValidator"/> to find.
    /// </summary>
    public static IReadOnlyList<RecipeProblem> Check(Recipe recipe, SearchRecipe search)
    {
        List<RecipeProblem> problems = [.. SearchValidator.Check(recipe, search)];
        if (SearchWords.Samplers.Contains(search.Sampler.Type))
            problems.AddRange(ProblemsOf("search.sampler", () => Samplers.Create(search.Sampler.Type, search.Sampler.Options)));
        if (SearchWords.StoppingRules.Contains(search.Stopping.Type))
            problems.AddRange(ProblemsOf("search.stopping", () => StoppingRules.Create(search.Stopping.Type, search.Stopping.Options)));
        // What is said of the space already is not said again in the library's words.
        if (!problems.Any(problem => problem.Path.StartsWith("search.space", StringComparison.Ordinal)))
            problems.AddRange(ProblemsOf("search.space", () => new SearchSpace(ParametersOf(search))));
        return problems;
    }

    /// <summary>What the tuning library has against a space or a configuration, in the words of recipes.</summary>
    internal static IReadOnlyList<RecipeProblem> ProblemsOf(SpaceException error) =>
        [.. error.Problems.Select(problem => new RecipeProblem(problem.Path, $"Found {problem.Found}; {problem.Allowed}."))];

    private static IEnumerable<RecipeProblem> ProblemsOf(string path, Func<object> create)
    {
        try
        {
            create();
            return [];
        }
        catch (SpaceException error)
        {
            return ProblemsOf(error).Select(problem => problem with { Path = $"{path}.{problem.Path}" });
        }
        catch (TuningException error)
        {
            return [.. error.Message.Split(Environment.NewLine).Select(line => new RecipeProblem(path, $"{line.TrimEnd('.')}."))];
        }
    }

    private static IReadOnlyList<SearchParameter> ParametersOf(SearchRecipe search) => [.. search.Space.Select(ParameterOf)];

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
