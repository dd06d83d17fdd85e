using System.Collections;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// What every log entry of a worker says besides its message, at the moment when it is written: experiment, worker, and the generation, rank and step
/// that it is at. Entries of other threads that the worker started say it too.
/// </summary>
internal sealed class WorkerLogScope(string experiment, WorkerAddress worker) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly string _worker = worker.ToString();
    private int _generation, _rank = -1;
    private long _step;

    /// <inheritdoc/>
    public int Count => 5;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("Experiment", experiment),
        1 => new("Worker", _worker),
        2 => new("Generation", Volatile.Read(ref _generation)),
        3 => new("Rank", Volatile.Read(ref _rank)),
        4 => new("Step", Interlocked.Read(ref _step)),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>The worker has a place in a generation; before the first its rank is -1.</summary>
    public void Place(int generation, int rank)
    {
        Volatile.Write(ref _generation, generation);
        Volatile.Write(ref _rank, rank);
    }

    /// <summary>The last step that its replica has done.</summary>
    public void Done(long step) => Interlocked.Exchange(ref _step, step);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return this[i];
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", this.Select(pair => $"{pair.Key}: {pair.Value}"));

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
