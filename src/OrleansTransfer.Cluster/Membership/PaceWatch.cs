using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Membership;

/// <summary>How far a worker is behind the others in each step.</summary>
/// <param name="Worker">Who.</param>
/// <param name="Own">Seconds that it computes per step.</param>
/// <param name="Others">Median of the same over the other workers.</param>
public sealed record Pace(WorkerAddress Worker, double Own, double Others)
{
    /// <summary>Seconds per step that the others wait for it.</summary>
    public double Lateness => Math.Max(0, Own - Others);
}

/// <summary>Finds the workers that keep a group waiting: fed with what each computes per step, without the waiting itself.</summary>
public sealed class PaceWatch
{
    /// <summary>A worker is slow at this many times the median of the others.</summary>
    public const double SlowFactor = 1.5;

    // Below this nobody would notice, and a small step's time says more about the machine's other work than about the node.
    private const double LeastSeconds = 0.02;

    // One slow stretch is no slow node.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<WorkerAddress, DateTimeOffset> _slowSince = [];
    private readonly HashSet<WorkerAddress> _named = [];

    /// <summary>The pace of each worker of a group; empty where there is nobody to compare with.</summary>
    /// <param name="seconds">Seconds that each worker computes per step; 0 where that is not known yet.</param>
    public static IReadOnlyList<Pace> Compare(IReadOnlyList<(WorkerAddress Worker, double Seconds)> seconds)
    {
        if (seconds.Count < 2 || seconds.Any(entry => entry.Seconds <= 0)) return [];
        return [.. seconds.Select(entry => new Pace(
            entry.Worker, entry.Seconds, Median([.. seconds.Where(other => other.Worker != entry.Worker).Select(other => other.Seconds)])))];
    }

    /// <summary>Takes the present pace in. Returns workers that have been slow for long enough and were not named before.</summary>
    public IReadOnlyList<Pace> Take(IReadOnlyList<Pace> paces, DateTimeOffset now)
    {
        var named = new List<Pace>();
        foreach (var pace in paces)
        {
            if (!IsSlow(pace, SlowFactor))
            {
                _slowSince.Remove(pace.Worker);
                _named.Remove(pace.Worker);
                continue;
            }
            _slowSince.TryAdd(pace.Worker, now);
            if (HasBeenSlow(pace.Worker, now) && _named.Add(pace.Worker)) named.Add(pace);
        }
        return named;
    }

    /// <summary>Whether a worker has been slow for long enough, and is slower than this many times the median of the others.</summary>
    public bool Exceeds(Pace pace, double factor, DateTimeOffset now) => IsSlow(pace, Math.Max(factor, SlowFactor)) && HasBeenSlow(pace.Worker, now);

    private bool HasBeenSlow(WorkerAddress worker, DateTimeOffset now) => _slowSince.TryGetValue(worker, out var since) && now - since >= s_patience;

    private static bool IsSlow(Pace pace, double factor) => pace.Own > factor * pace.Others && pace.Lateness > LeastSeconds;

    private static double Median(List<double> values)
    {
        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
