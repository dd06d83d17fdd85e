namespace OrleansTransfer.Contracts.Recipes;

/// <summary>Who gave a value of a recipe.</summary>
public enum RecipeOrigin
{
    /// <summary>Nobody: it is the default.</summary>
    Default,

    /// <summary>The recipe's text.</summary>
    Recipe,

    /// <summary>An override, <c>--set path=value</c>.</summary>
    Set,
}

/// <summary>One value of a resolved recipe and where it came from.</summary>
/// <param name="Path">Path with dots, for instance <c>training.batchSize</c>.</param>
/// <param name="Value">The value: string, list of strings, long or double.</param>
/// <param name="Origin">Who gave it.</param>
/// <param name="Line">Line in the recipe's text, from 1; 0 where it did not come from there.</param>
public sealed record RecipeSetting(string Path, object Value, RecipeOrigin Origin, int Line);

/// <summary>A recipe as read, complete and valid in itself.</summary>
/// <param name="Recipe">The recipe with defaults and overrides in place.</param>
/// <param name="Settings">Every key with its value and origin, in the order in which recipes are written.</param>
public sealed record RecipeReading(Recipe Recipe, IReadOnlyList<RecipeSetting> Settings);
