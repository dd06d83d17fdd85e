namespace OrleansTransfer.Contracts.Recipes;

/// <summary>A recipe in the making.</summary>
internal sealed class RecipeDraft(ProblemLog problems)
{
    private readonly Dictionary<string, (RecipeOrigin Origin, int Line)> _origins = [];

    /// <summary>The recipe so far.</summary>
    public Recipe Recipe { get; private set; } = new();

    /// <summary>All that is wrong so far.</summary>
    public ProblemLog Problems => problems;

    /// <summary>Takes a value in.</summary>
    public void Put(RecipeKey<Recipe> key, object value, RecipeOrigin origin, int line)
    {
        Recipe = key.Set(Recipe, value);
        _origins[key.Path] = (origin, line);
    }

    /// <summary>Adds the problems that the values have.</summary>
    public void Check()
    {
        // A value that could not be read is reported once: what validation says of the default in its place would mislead.
        var unread = problems.Paths;
        foreach (var problem in RecipeValidator.Check(Recipe).Where(problem => !unread.Contains(problem.Path)))
            problems.Report(problem.Path, problem.Message, _origins.GetValueOrDefault(problem.Path).Line);
    }

    /// <summary>The recipe with the origin of each value.</summary>
    public RecipeReading ToReading() => new(Recipe, [.. RecipeSchema.Keys.Select(key =>
    {
        var (origin, line) = _origins.GetValueOrDefault(key.Path);
        return new RecipeSetting(key.Path, key.Get(Recipe), origin, line);
    })]);
}
