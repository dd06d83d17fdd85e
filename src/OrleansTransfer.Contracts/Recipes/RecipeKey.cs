using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>What kind of value a key of the recipe holds.</summary>
internal enum RecipeValueKind
{
    Text,
    TextList,
    Integer,
    Number,
}

/// <summary>One value of a recipe, or of a part of it: the single place that knows its path, its type and its words.</summary>
/// <typeparam name="T">What holds the value.</typeparam>
/// <param name="Path">Path with dots, as users write it.</param>
/// <param name="Kind">Type of the value: string, list of strings, long or double.</param>
/// <param name="Get">Reads the value.</param>
/// <param name="Set">Gives a copy of the holder with another value.</param>
internal sealed record RecipeKey<T>(string Path, RecipeValueKind Kind, Func<T, object> Get, Func<T, object, T> Set) where T : new()
{
    private const StringSplitOptions TrimmedParts = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <summary>The words that are allowed; null where any text is.</summary>
    public IReadOnlyList<string>? Allowed { get; init; }

    /// <summary>Words that the format knows and this version cannot run.</summary>
    public IReadOnlyList<string> Planned { get; init; } = [];

    /// <summary>Smallest integer that the property behind the key can hold.</summary>
    public long Least { get; init; } = long.MinValue;

    /// <summary>Largest integer that the property behind the key can hold.</summary>
    public long Most { get; init; } = long.MaxValue;

    /// <summary>Last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>What the key takes, for messages.</summary>
    public string Expectation => this switch
    {
        { Allowed: { } words } => "one of " + string.Join(", ", words),
        { Kind: RecipeValueKind.Integer } => "a whole number without quotes, for instance " + RecipeText.Of(Get(new T())),
        { Kind: RecipeValueKind.Number } => "a number without quotes, for instance " + RecipeText.Of(Get(new T())),
        { Kind: RecipeValueKind.TextList } => "a list of texts, for instance [healthy, diseased]",
        _ => "a text",
    };

    /// <summary>The value that a node says; null where it is none of this kind.</summary>
    public object? Read(YamlNode node) => (Kind, node) switch
    {
        _ when RecipeYaml.IsNull(node) => null,
        (RecipeValueKind.Text, YamlScalarNode scalar) => scalar.Value,
        (RecipeValueKind.TextList, YamlSequenceNode list) when list.All(item => item is YamlScalarNode && !RecipeYaml.IsNull(item)) =>
            list.Select(item => ((YamlScalarNode)item).Value!).ToList(),
        (not RecipeValueKind.TextList, YamlScalarNode { Style: ScalarStyle.Plain } scalar) => ReadNumber(scalar.Value!),
        _ => null,
    };

    /// <summary>The value that a text says; null where it is none of this kind.</summary>
    public object? Read(string text) => Kind switch
    {
        RecipeValueKind.Text => text,
        RecipeValueKind.TextList => text.TrimStart('[').TrimEnd(']').Split(',', TrimmedParts).ToList(),
        _ => ReadNumber(text),
    };

    private object? ReadNumber(string text)
    {
        if (Kind == RecipeValueKind.Number)
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
        var whole = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer);
        return whole && integer >= Least && integer <= Most ? integer : null;
    }
}
