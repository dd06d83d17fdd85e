using System.Text.Json;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>An experiment's events: the newest in memory, all of them in the container. Used by one grain, so it needs no locks.</summary>
public sealed class EventHistory(EventLog log, TimeProvider time)
{
    // Followers are at most seconds behind; older events come from the container.
    private const int Remembered = 4096;

    // Half a minute of a run: more than a coordinator that comes up elsewhere must know.
    private const int Reread = 64;

    private readonly LinkedList<ExperimentEvent> _recent = new();
    private readonly List<string> _unwritten = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Number of the newest event; 0 before the first.</summary>
    public long Last { get; private set; }

    /// <summary>Pieces written so far.</summary>
    public int Pieces { get; private set; }

    /// <summary>Reads the end of what earlier activations wrote.</summary>
    /// <param name="pieces">Pieces that there were when they last said so; there may be more.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task LoadAsync(int pieces, CancellationToken cancellationToken)
    {
        Pieces = Math.Max(0, pieces - Reread);
        await foreach (var piece in log.ReadOnAsync(Pieces, cancellationToken))
        {
            foreach (var line in piece.Lines) Remember(JsonSerializer.Deserialize<ExperimentEvent>(line, ExperimentJson.Options)!);
            Pieces = piece.Number + 1;
        }
    }

    /// <summary>The newest events since the run was last started.</summary>
    public IEnumerable<ExperimentEvent> OfThisAttempt() =>
        _recent.Reverse().TakeWhile(e => e is not { Kind: "state", Message: nameof(ExperimentState.Starting) }).Reverse();

    /// <summary>Adds an event; its number and time are set here.</summary>
    public void Add(ExperimentEvent e)
    {
        e = e with { Sequence = Last + 1, Time = e.Time == default ? time.GetUtcNow() : e.Time };
        Remember(e);
        _unwritten.Add(JsonSerializer.Serialize(e, ExperimentJson.Options));
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>Writes what is new to the container.</summary>
    /// <exception cref="BlobConflictException">Someone else writes this experiment's history.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_unwritten.Count == 0) return;
        var lines = _unwritten.ToArray();
        Pieces = await log.AppendAsync(lines, cancellationToken) + 1;
        _unwritten.RemoveRange(0, lines.Length);
    }

    /// <summary>
    /// Up to <paramref name="max"/> events from number <paramref name="from"/> on; waits up to <paramref name="wait"/> for the first.
    /// </summary>
    public async Task<IReadOnlyList<ExperimentEvent>> ReadAsync(long from, int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        from = Math.Max(1, from);
        if (from > Last && wait > TimeSpan.Zero)
        {
            try
            {
                await _changed.Task.WaitAsync(wait, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return [];
            }
        }
        if (from > Last) return [];
        if (_recent.First is { } oldest && oldest.Value.Sequence <= from) return [.. _recent.SkipWhile(e => e.Sequence < from).Take(max)];
        return await ReadStoredAsync(log, from, cancellationToken).Take(max).ToListAsync(cancellationToken);
    }

    /// <summary>Events in the container from number <paramref name="from"/> on.</summary>
    public static async IAsyncEnumerable<ExperimentEvent> ReadStoredAsync(
        EventLog log, long from, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var piece in log.ReadAsync(0, cancellationToken))
        {
            foreach (var line in piece.Lines)
            {
                var e = JsonSerializer.Deserialize<ExperimentEvent>(line, ExperimentJson.Options)!;
                if (e.Sequence >= from) yield return e;
            }
        }
    }

    private void Remember(ExperimentEvent e)
    {
        Last = e.Sequence;
        _recent.AddLast(e);
        if (_recent.Count > Remembered) _recent.RemoveFirst();
    }
}
