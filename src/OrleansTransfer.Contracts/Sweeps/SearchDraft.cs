using System.Globalization;
using OrleansTransfer.Contracts.Recipes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>The section <c>search</c> in the making: the text first, overrides on top of it.</summary>
internal sealed class SearchDraft(ProblemLog problems)
{
    private readonly Dictionary<string, int> _lines = [];
    private bool _inText;

    /// <summary>The section so far.</summary>
    public SearchRecipe Search { get; private set; } = new();

    /// <summary>Whether there is a section, if only by overrides.</summary>
    public bool IsGiven { get; private set; }

    /// <summary>Reads the section of a recipe's text.</summary>
    public void ReadText(YamlNode section)
    {
        (_inText, IsGiven) = (true, true);
        ReadEntry(SearchSchema.Section, section, RecipeYaml.LineOf(section));
    }

    /// <summary>Reads an override.</summary>
    public void ReadSet(string path, string text)
    {
        (_inText, IsGiven) = (false, true);
        if (RecipeYaml.LoadValue(path, text, problems) is { } value) ReadEntry(path, value, 0);
    }

    /// <summary>Adds the problems that the values have.</summary>
    /// <param name="recipe">What trials have in common.</param>
    public void Check(Recipe recipe)
    {
        // What could not be read is reported once: nothing is said of what is missing because of it.
        var unread = problems.Paths;
        var incomplete = unread.Any(path => path.StartsWith(SearchSchema.Space, StringComparison.Ordinal));
        var search = Search with { Space = [.. Search.Space.Where(parameter => !unread.Contains($"{SearchSchema.Space}.{parameter.WhenPath}"))] };
        foreach (var problem in SearchValidator.Check(recipe, search))
            if (!unread.Contains(problem.Path) && !(incomplete && problem.Path == SearchSchema.Space))
                problems.Report(problem.Path, problem.Message, _lines.GetValueOrDefault(problem.Path));
    }

    private void ReadEntry(string path, YamlNode value, int line)
    {
        _lines[path] = line;
        if (SearchSchema.Find(path) is { } key) ReadValue(key, value);
        else if (path is SearchSchema.Section or SearchSchema.Space or SearchSchema.Budget) ReadSection(path, value, line);
        else if (Inside(SearchSchema.Space, path) is { } parameter) ReadParameter(parameter, value);
        else if (path is SearchSchema.Sampler or SearchSchema.Stopping) ReadAlgorithm(path, value);
        else if (Inside(SearchSchema.Sampler, path) is { } samplerOption) ReadOption(SearchSchema.Sampler, samplerOption, value);
        else if (Inside(SearchSchema.Stopping, path) is { } stoppingOption) ReadOption(SearchSchema.Stopping, stoppingOption, value);
        else problems.Report(path, KnownPaths.Unknown(path, SearchSchema.Paths), line);
    }

    private void ReadSection(string section, YamlNode value, int line)
    {
        if (value is YamlMappingNode mapping) ReadEntries(section, mapping);
        else if (!RecipeYaml.IsNull(value))
            problems.Report(section, $"Found {RecipeYaml.Describe(value)}; expected {Expectation(section)}.", line);
    }

    private void ReadEntries(string section, YamlMappingNode mapping, Func<string, bool>? first = null)
    {
        var entries = RecipeYaml.EntriesOf(section, mapping, problems).ToList();
        foreach (var (name, line, value) in entries.OrderByDescending(entry => first?.Invoke(entry.Name) ?? false))
            ReadEntry($"{section}.{name}", value, _inText ? line : 0);
    }

    private void ReadValue(RecipeKey<SearchRecipe> key, YamlNode node)
    {
        if (key.Read(node) is { } value) Search = key.Set(Search, value);
        else Report(key.Path, $"Found {RecipeYaml.Describe(node)}; expected {key.Expectation}.", node);
    }

    private void ReadParameter(string path, YamlNode node)
    {
        if (SearchParameterReader.Read(path, node, (message, at) => Report($"{SearchSchema.Space}.{path}", message, at)) is not { } read) return;
        var known = Search.Space.Any(parameter => parameter.Path == path);
        Search = Search with
        {
            Space = known ? [.. Search.Space.Select(parameter => parameter.Path == path ? read : parameter)] : [.. Search.Space, read],
        };
    }

    private void ReadAlgorithm(string path, YamlNode node)
    {
        if (node is YamlMappingNode mapping) ReadEntries(path, mapping, name => name == "type");
        else ReadOption(path, "type", node);
    }

    // Another type forgets the options of the one before.
    private void ReadOption(string path, string name, YamlNode node)
    {
        var algorithm = path == SearchSchema.Sampler ? Search.Sampler : Search.Stopping;
        if (name == "type" && node is YamlScalarNode { Value: { } type } && !RecipeYaml.IsNull(node))
            algorithm = algorithm.Type == type ? algorithm : new(type);
        else if (name != "type" && node is YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text } && Number(text) is { } number)
            algorithm = algorithm with { Options = new Dictionary<string, double>(algorithm.Options) { [name] = number } };
        else if (name == "type")
            Report(path, $"Found {RecipeYaml.Describe(node)}; expected a name, for instance {algorithm.Type}, or "
                + $"{{ type: {algorithm.Type}, option: value }}.", node);
        else
            Report($"{path}.{name}", $"Found {RecipeYaml.Describe(node)}; expected a number, true or false.", node);
        Search = path == SearchSchema.Sampler ? Search with { Sampler = algorithm } : Search with { Stopping = algorithm };
    }

    private void Report(string path, string message, YamlNode at) => problems.Report(path, message, _inText ? RecipeYaml.LineOf(at) : 0);

    private static string Expectation(string section) => section == SearchSchema.Space
        ? "recipe paths and their values, for instance training.optimizer.learningRate: { log: [1e-4, 1e-1] }"
        : $"the keys {KnownPaths.Names(section, SearchSchema.Paths)}";

    private static string? Inside(string section, string path) =>
        path.StartsWith(section + ".", StringComparison.Ordinal) ? path[(section.Length + 1)..] : null;

    private static double? Number(string text) => text switch
    {
        "true" => 1,
        "false" => 0,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null,
    };
}
