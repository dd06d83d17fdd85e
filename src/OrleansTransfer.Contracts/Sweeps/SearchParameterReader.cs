using System.Globalization;
using OrleansTransfer.Contracts.Recipes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>
/// Reads one entry of <c>search.space</c>: <c>{ log: [1e-4, 1e-1] }</c>, <c>{ choice: [a, b], when: { path: value } }</c>, <c>[a, b]</c>.
/// </summary>
internal static class SearchParameterReader
{
    private const string Step = "step", When = "when";

    private const string Expected =
        "expected { uniform: [low, high] }, { log: [low, high] }, { int: [low, high] }, { choice: [one, another] } or a list of values";

    /// <summary>The parameter; null where it cannot be read.</summary>
    /// <param name="path">Recipe path.</param>
    /// <param name="node">What the text says of it.</param>
    /// <param name="report">Takes problems and where they are.</param>
    public static SearchParameterRecipe? Read(string path, YamlNode node, Action<string, YamlNode> report)
    {
        var problems = 0;
        void Report(string message, YamlNode at)
        {
            problems++;
            report(message, at);
        }

        var parameter = node switch
        {
            YamlSequenceNode list => ReadChoice(new(path, SearchWords.Choice), list, Report),
            YamlMappingNode mapping => ReadMapping(path, mapping, Report),
            _ => null,
        };
        if (node is not (YamlSequenceNode or YamlMappingNode)) Report($"Found {RecipeYaml.Describe(node)}; {Expected}.", node);
        return problems == 0 ? parameter : null;
    }

    private static SearchParameterRecipe? ReadMapping(string path, YamlMappingNode mapping, Action<string, YamlNode> report)
    {
        SearchParameterRecipe? parameter = null;
        var isKnown = true;
        List<(string Name, YamlNode Value)> further = [];
        foreach (var (key, value) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            // With whole numbers log is no kind, but says how they are spread.
            if (name is Step or When || name == SearchWords.Log && value is YamlScalarNode) further.Add((name, value));
            else if (!SearchWords.Kinds.Contains(name))
            {
                report(UnknownKey(name), key);
                isKnown = false;
            }
            else if (parameter is not null) report($"Found both {parameter.Kind} and {name}; a parameter is of one kind.", key);
            else parameter = name == SearchWords.Choice ? ReadChoice(new(path, name), value, report) : ReadRange(new(path, name), value, report);
        }

        if (parameter is null && isKnown) report($"Found no kind; {Expected}.", mapping);
        foreach (var (name, value) in further)
        {
            if (parameter is null) break;
            parameter = name switch
            {
                Step => ReadStep(parameter, value, report),
                When => ReadCondition(parameter, value, report),
                _ => ReadSpread(parameter, value, report),
            };
        }
        return parameter;
    }

    private static SearchParameterRecipe ReadRange(SearchParameterRecipe parameter, YamlNode node, Action<string, YamlNode> report)
    {
        if (node is YamlSequenceNode { Children: [var first, var second] } && Number(first) is { } low && Number(second) is { } high)
            return parameter with { Low = low, High = high };
        report($"Found {Describe(node)}; expected two numbers, for instance {parameter.Kind}: "
            + $"{(parameter.Kind switch { SearchWords.Log => "[1e-4, 1e-1]", SearchWords.Int => "[16, 128]", _ => "[0, 0.5]" })}.", node);
        return parameter;
    }

    private static SearchParameterRecipe ReadChoice(SearchParameterRecipe parameter, YamlNode node, Action<string, YamlNode> report)
    {
        if (Texts(node) is { } values) return parameter with { Values = values };
        report($"Found {Describe(node)}; expected a list of values, for instance [none, all].", node);
        return parameter;
    }

    private static SearchParameterRecipe ReadStep(SearchParameterRecipe parameter, YamlNode node, Action<string, YamlNode> report)
    {
        if (Number(node) is { } step and > 0) return parameter with { Step = step };
        report($"Found step {RecipeYaml.Describe(node)}; expected a number above 0, or no step.", node);
        return parameter;
    }

    private static SearchParameterRecipe ReadSpread(SearchParameterRecipe parameter, YamlNode node, Action<string, YamlNode> report)
    {
        if (node is YamlScalarNode { Value: "true" or "false" } flag) return parameter with { Logarithmic = flag.Value == "true" };
        report($"Found log {RecipeYaml.Describe(node)}; expected two numbers, or beside int true or false.", node);
        return parameter;
    }

    private static SearchParameterRecipe ReadCondition(SearchParameterRecipe parameter, YamlNode node, Action<string, YamlNode> report)
    {
        if (node is YamlMappingNode { Children.Count: 1 } mapping && mapping.Children.First() is (YamlScalarNode { Value: { } path }, var values)
            && (values is YamlScalarNode { Value: { } one } && !RecipeYaml.IsNull(values) ? [one] : Texts(values)) is { } texts)
            return parameter with { WhenPath = path, WhenValues = texts };
        report($"Found when {Describe(node)}; expected one choice of the space and some of its values, for instance "
            + "when: { transfer.unfreeze: [all] }. What depends on two choices depends on one that depends on the other.", node);
        return parameter;
    }

    private static IReadOnlyList<string>? Texts(YamlNode node) =>
        node is YamlSequenceNode list && list.All(item => item is YamlScalarNode && !RecipeYaml.IsNull(item))
            ? [.. list.Select(item => ((YamlScalarNode)item).Value!)]
            : null;

    private static double? Number(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain } scalar
        && double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static string UnknownKey(string name)
    {
        string[] known = [.. SearchWords.Kinds, Step, When];
        return $"There is no '{name}' here; the nearest is '{NearestName.Of(name, known)}', known are {string.Join(", ", known)}.";
    }

    private static string Describe(YamlNode node) => node is YamlSequenceNode list
        ? $"[{string.Join(", ", list.Select(RecipeYaml.Describe))}]"
        : RecipeYaml.Describe(node);
}
