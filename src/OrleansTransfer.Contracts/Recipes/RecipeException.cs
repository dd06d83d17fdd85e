namespace OrleansTransfer.Contracts.Recipes;

/// <summary>One thing wrong with a recipe.</summary>
/// <param name="Path">Where in the recipe, for instance <c>training.batchSize</c>; empty for the whole.</param>
/// <param name="Message">What was found, what is allowed, and what to do: a sentence.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.recipe-problem")]
public sealed record RecipeProblem([property: Id(0)] string Path, [property: Id(1)] string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}

/// <summary>A recipe cannot be run. Carries every problem found, not only the first.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe-exception")]
public sealed class RecipeException(IReadOnlyList<RecipeProblem> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public RecipeException(string path, string message) : this([new RecipeProblem(path, message)]) { }

    /// <summary>At least one.</summary>
    [Id(0)] public IReadOnlyList<RecipeProblem> Problems { get; } = problems;
}
