namespace OrleansTransfer.Tuning.Space;

/// <summary>A search space, or a configuration for one, is wrong.</summary>
public sealed class SpaceException(IReadOnlyList<SpaceProblem> problems) : TuningException(string.Join(Environment.NewLine, problems))
{
    /// <summary>All that is wrong.</summary>
    public IReadOnlyList<SpaceProblem> Problems { get; } = problems;
}
