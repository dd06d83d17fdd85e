using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Membership;

/// <summary>
/// Tells a run that kills its nodes from nodes that die. Native code can end the whole process: an out-of-memory kill, a failed assertion. One death
/// proves nothing, and a rack that goes down takes several nodes at once; but when the next group dies at the very step that the last one died at, it is
/// the run.
/// </summary>
public static class PoisonRule
{
    /// <summary>Why the run must not be tried on another node, in words; null when it may be.</summary>
    public static string? Judge(IReadOnlyList<NodeDeath> deaths)
    {
        if (deaths.Count == 0) return null;
        var last = deaths[^1];
        return deaths.LastOrDefault(death => death.Step == last.Step && death.Generation != last.Generation) is { } earlier
            ? $"the run kills its nodes: {earlier.Node} died after step {earlier.Step} ({earlier.Activity}), and so did {last.Node} "
                + $"({last.Activity}) when it was tried again; no third node is risked"
            : null;
    }
}
