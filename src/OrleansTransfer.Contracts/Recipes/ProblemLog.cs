namespace OrleansTransfer.Contracts.Recipes;

/// <summary>Gathers all that is wrong with a text, with the lines where it is.</summary>
/// <param name="sourceName">Name of the text in messages.</param>
internal sealed class ProblemLog(string sourceName)
{
    private readonly List<RecipeProblem> _problems = [];

    /// <summary>Paths that have a problem so far.</summary>
    public IReadOnlySet<string> Paths => _problems.Select(problem => problem.Path).ToHashSet();

    /// <param name="path">Where in the recipe; empty for the whole.</param>
    /// <param name="message">A sentence.</param>
    /// <param name="line">Line of the text, from 1; 0 for what is not in it.</param>
    public void Report(string path, string message, int line = 0) =>
        _problems.Add(new(path, line == 0 ? message : $"{message} ({sourceName}, line {line})"));

    /// <exception cref="RecipeException">There is a problem; carries all.</exception>
    public void ThrowIfAny()
    {
        if (_problems.Count > 0) throw new RecipeException(_problems);
    }
}
