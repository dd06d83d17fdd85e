using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansTransfer.Cluster;

/// <summary>
/// A counter with one label, whose words are few and known. Each of them shows from the start, as 0: Prometheus sees no increase in a series that
/// begins with its first event, and an alert on the first loss or failure would stay silent.
/// </summary>
internal sealed class WordCounter
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    public WordCounter(Meter meter, string name, string description, string label, params IEnumerable<string> words)
    {
        foreach (var word in words) _counts[word] = 0;
        meter.CreateObservableCounter(name, () => Observe(label), null, description);
    }

    public void Add(string word, long times = 1) => _counts.AddOrUpdate(word, times, (_, count) => count + times);

    private IEnumerable<Measurement<long>> Observe(string label) =>
        _counts.Select(entry => new Measurement<long>(entry.Value, new KeyValuePair<string, object?>(label, entry.Key)));
}
