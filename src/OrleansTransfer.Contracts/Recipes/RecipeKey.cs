namespace OrleansTransfer.Contracts.Recipes;

/// <summary>What kind of value a key of the recipe holds.</summary>
internal enum RecipeValueKind
{
    Text,
    TextList,
    Integer,
    Number,
}

/// <summary>One value of a recipe: the single place that knows its path, its type and its words.</summary>
/// <param name="Path">Path with dots, as users write it.</param>
/// <param name="Kind">Type of the value: string, list of strings, long or double.</param>
/// <param name="Get">Reads the value.</param>
/// <param name="Set">Gives a copy of the recipe with another value.</param>
internal sealed record RecipeKey(string Path, RecipeValueKind Kind, Func<Recipe, object> Get, Func<Recipe, object, Recipe> Set)
{
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
}
