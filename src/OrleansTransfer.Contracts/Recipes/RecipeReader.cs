using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>
/// Reads recipes: YAML, or JSON, which is YAML. Precedence: overrides, then the text, then defaults. Everything wrong with a recipe is reported
/// together.
/// </summary>
public static class RecipeReader
{
    private const StringSplitOptions TrimmedParts = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <summary>Reads a recipe; see <see cref="Read"/>.</summary>
    /// <exception cref="RecipeException">Something in it is wrong; carries every problem.</exception>
    public static Recipe Parse(string text, string sourceName, IReadOnlyList<string> sets) => Read(text, sourceName, sets).Recipe;

    /// <summary>Reads a recipe and keeps where each value came from.</summary>
    /// <param name="text">The recipe; empty for defaults and overrides alone.</param>
    /// <param name="sourceName">Name of the text in messages, usually the file's.</param>
    /// <param name="sets">Overrides of the form <c>path=value</c>; later ones win.</param>
    /// <exception cref="RecipeException">Something in it is wrong; carries every problem.</exception>
    public static RecipeReading Read(string text, string sourceName, IReadOnlyList<string> sets)
    {
        var draft = new Draft(sourceName);
        if (Load(text, draft) is { } root) ReadSection("", root, draft);
        foreach (var set in sets) ReadSet(set, draft);
        return draft.Finish();
    }

    private static YamlMappingNode? Load(string text, Draft draft)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            draft.Report("", $"The text is not valid YAML: {error.Message.TrimEnd('.')}.", (int)error.Start.Line);
            return null;
        }

        if (stream.Documents.Count == 0) return null;
        if (stream.Documents.Count > 1)
        {
            draft.Report("",
                $"The text holds {stream.Documents.Count} YAML documents; a recipe is one.", (int)stream.Documents[1].RootNode.Start.Line);
            return null;
        }

        var root = stream.Documents[0].RootNode;
        if (root is YamlMappingNode mapping) return mapping;
        if (!IsNull(root)) draft.Report("", $"A recipe consists of keys and values (key: value); found {Describe(root)}.", (int)root.Start.Line);
        return null;
    }

    private static void ReadSection(string section, YamlMappingNode mapping, Draft draft)
    {
        foreach (var (keyNode, value) in mapping.Children)
        {
            var line = (int)keyNode.Start.Line;
            if (keyNode is not YamlScalarNode { Value: { } name })
            {
                draft.Report(section, $"A key must be a word; found {Describe(keyNode)}.", line);
                continue;
            }

            var path = section.Length == 0 ? name : $"{section}.{name}";
            if (RecipeSchema.Find(path) is { } key) ReadValue(key, value, draft);
            else if (!RecipeSchema.Sections.Contains(path)) draft.Report(path, UnknownKey(path), line);
            else if (value is YamlMappingNode inner) ReadSection(path, inner, draft);
            else if (!IsNull(value)) draft.Report(path, $"Found {Describe(value)}; expected the keys {Names(path)}.", line);
        }
    }

    private static void ReadValue(RecipeKey key, YamlNode node, Draft draft)
    {
        var line = (int)node.Start.Line;
        object? value = (key.Kind, node) switch
        {
            _ when IsNull(node) => null,
            (RecipeValueKind.Text, YamlScalarNode scalar) => scalar.Value,
            (RecipeValueKind.TextList, YamlSequenceNode list) when list.All(item => item is YamlScalarNode && !IsNull(item)) =>
                list.Select(item => ((YamlScalarNode)item).Value!).ToList(),
            (not RecipeValueKind.TextList, YamlScalarNode { Style: ScalarStyle.Plain } scalar) => ParseNumber(key, scalar.Value!),
            _ => null,
        };

        if (value is not null) draft.Put(key, value, RecipeOrigin.Recipe, line);
        else draft.Report(key.Path, $"Found {Describe(node)}; expected {Expectation(key)}.", line);
    }

    private static void ReadSet(string set, Draft draft)
    {
        var equals = set.IndexOf('=');
        if (equals <= 0)
        {
            draft.Report("", $"The override '{set}' is not of the form path=value, for instance training.epochs=3.");
            return;
        }

        var (path, text) = (set[..equals].Trim(), set[(equals + 1)..].Trim());
        if (RecipeSchema.Find(path) is not { } key)
        {
            draft.Report(path, RecipeSchema.Sections.Contains(path)
                ? $"This is a section, which an override cannot replace; override one of its keys: {Names(path)}."
                : UnknownKey(path));
            return;
        }

        object? value = key.Kind switch
        {
            RecipeValueKind.Text => text,
            RecipeValueKind.TextList => text.TrimStart('[').TrimEnd(']').Split(',', TrimmedParts).ToList(),
            _ => ParseNumber(key, text),
        };

        if (value is not null) draft.Put(key, value, RecipeOrigin.Set, 0);
        else draft.Report(key.Path, $"The override says '{text}'; expected {Expectation(key)}.");
    }

    private static object? ParseNumber(RecipeKey key, string text)
    {
        if (key.Kind == RecipeValueKind.Number)
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
        var whole = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer);
        return whole && integer >= key.Least && integer <= key.Most ? integer : null;
    }

    private static string UnknownKey(string path)
    {
        // A key in the wrong section is as common as a misspelt one: an exact name elsewhere beats a similar one here.
        var name = path[(path.LastIndexOf('.') + 1)..];
        var parent = path.LastIndexOf('.') is var dot and >= 0 ? path[..dot] : "";
        var elsewhere = RecipeSchema.Keys.FirstOrDefault(key => string.Equals(key.Name, name, StringComparison.OrdinalIgnoreCase));
        var children = RecipeSchema.Children(parent);
        if (children.Count == 0) children = [.. RecipeSchema.Keys.Select(key => key.Path)];
        return $"There is no such key; the nearest one is '{elsewhere?.Path ?? NearestName.Of(path, children)}'.";
    }

    private static string Names(string section) => string.Join(", ", RecipeSchema.Children(section).Select(path => path.Split('.')[^1]));

    private static string Expectation(RecipeKey key) => key switch
    {
        { Allowed: { } words } => "one of " + string.Join(", ", words),
        { Kind: RecipeValueKind.Integer } => "a whole number without quotes, for instance " + RecipeText.Of(key.Get(new Recipe())),
        { Kind: RecipeValueKind.Number } => "a number without quotes, for instance " + RecipeText.Of(key.Get(new Recipe())),
        { Kind: RecipeValueKind.TextList } => "a list of texts, for instance [healthy, diseased]",
        _ => "a text",
    };

    private static string Describe(YamlNode node) => node switch
    {
        _ when IsNull(node) => "no value",
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => scalar.Value!,
        YamlScalarNode scalar => $"the text \"{scalar.Value}\"",
        YamlSequenceNode => "a list",
        YamlMappingNode => "keys and values",
        _ => "something else",
    };

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>A recipe in the making.</summary>
    private sealed class Draft(string sourceName)
    {
        private readonly List<RecipeProblem> _problems = [];
        private readonly Dictionary<string, (RecipeOrigin Origin, int Line)> _origins = [];
        private Recipe _recipe = new();

        public void Put(RecipeKey key, object value, RecipeOrigin origin, int line)
        {
            _recipe = key.Set(_recipe, value);
            _origins[key.Path] = (origin, line);
        }

        public void Report(string path, string message, int line = 0) =>
            _problems.Add(new(path, line == 0 ? message : $"{message} ({sourceName}, line {line})"));

        public RecipeReading Finish()
        {
            // A value that could not be read is reported once: what validation says of the default in its place would mislead.
            var unread = _problems.Select(problem => problem.Path).ToHashSet();
            foreach (var problem in RecipeValidator.Check(_recipe).Where(problem => !unread.Contains(problem.Path)))
                Report(problem.Path, problem.Message, _origins.GetValueOrDefault(problem.Path).Line);
            if (_problems.Count > 0) throw new RecipeException(_problems);

            return new(_recipe, [.. RecipeSchema.Keys.Select(key =>
            {
                var (origin, line) = _origins.GetValueOrDefault(key.Path);
                return new RecipeSetting(key.Path, key.Get(_recipe), origin, line);
            })]);
        }
    }
}
