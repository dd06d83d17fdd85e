using System.Collections.Concurrent;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// The tokens of texts that the runs on this node look at. Workers of one experiment share them, over all generations of their group: whoever asks
/// first makes them, and they go with the last worker that holds them.
/// </summary>
public sealed class NodeTokens
{
    private readonly Dictionary<string, Shared> _experiments = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Holds an experiment's tokens until the result is disposed.</summary>
    public ExperimentTokens Hold(string experiment)
    {
        lock (_gate)
        {
            if (!_experiments.TryGetValue(experiment, out var shared)) _experiments[experiment] = shared = new();
            shared.Holders++;
            return new(shared.Sets, () => Release(experiment, shared));
        }
    }

    private void Release(string experiment, Shared shared)
    {
        lock (_gate)
            if (--shared.Holders == 0) _experiments.Remove(experiment);
    }

    private sealed class Shared
    {
        public ConcurrentDictionary<string, Lazy<TokenizedTexts>> Sets { get; } = new(StringComparer.Ordinal);

        public int Holders { get; set; }
    }
}

/// <summary>The tokens of one experiment's texts, by what the texts are for.</summary>
public sealed class ExperimentTokens : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<TokenizedTexts>> _sets;
    private Action? _release;

    internal ExperimentTokens(ConcurrentDictionary<string, Lazy<TokenizedTexts>> sets, Action release) => (_sets, _release) = (sets, release);

    /// <summary>The tokens of a set, made by <paramref name="make"/> unless another worker made them or is just making them.</summary>
    public TokenizedTexts Of(string set, Func<TokenizedTexts> make) => _sets.GetOrAdd(set, _ => new(make)).Value;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
