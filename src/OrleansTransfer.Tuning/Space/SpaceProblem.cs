namespace OrleansTransfer.Tuning.Space;

/// <summary>One thing that is wrong with a search space, or with a configuration for it.</summary>
/// <param name="Path">The parameter.</param>
/// <param name="Found">What was found.</param>
/// <param name="Allowed">What would be right.</param>
public sealed record SpaceProblem(string Path, string Found, string Allowed)
{
    /// <summary>As one line.</summary>
    public override string ToString() => $"{Path}: found {Found}; {Allowed}";
}
