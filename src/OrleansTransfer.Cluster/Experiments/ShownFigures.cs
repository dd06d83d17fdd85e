using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>
/// Which reported figures an attempt of a run shows: those of the last epoch, and once it has picked one of its epochs, that one's. Epochs that are
/// reported once more, because a coordinator may have missed them, do not take their place.
/// </summary>
internal sealed class ShownFigures
{
    private int _picked;

    /// <summary>Whether a pick among so many epochs is known already.</summary>
    public bool HasPickedOf(int epochs) => epochs <= _picked;

    /// <summary>What the events say that is to be shown from now on; null when they change nothing.</summary>
    public IReadOnlyDictionary<string, double>? Of(IEnumerable<ExperimentEvent> events)
    {
        IReadOnlyDictionary<string, double>? shown = null;
        foreach (var e in events)
        {
            if (e.Kind == "pick") _picked = Math.Max(_picked, e.Epoch);
            else if (e.Kind != "epoch" || HasPickedOf(e.Epoch)) continue;
            shown = e.Values;
        }
        return shown;
    }
}
