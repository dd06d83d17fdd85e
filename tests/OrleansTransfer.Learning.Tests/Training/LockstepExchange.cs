using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>The exchange of a group of threads: all meet, and each adds everyone's values in rank order.</summary>
internal sealed class LockstepExchange(LockstepExchange.Meeting meeting, int rank) : IGradientExchange
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    public int Rank => rank;

    public int WorldSize => meeting.Contributions.Length;

    public void AllReduce(long sequence, Span<float> values, WireFormat wire, CancellationToken cancellationToken)
    {
        meeting.Contributions[rank] = (sequence, values.ToArray());
        Meet(sequence, cancellationToken);
        values.Clear();
        foreach (var (theirs, contribution) in meeting.Contributions)
        {
            Assert.Equal(sequence, theirs);
            Assert.Equal(values.Length, contribution.Length);
            for (var i = 0; i < values.Length; i++) values[i] += contribution[i];
        }
        Meet(sequence, cancellationToken);
    }

    // A rank that has gone another way never comes: better a failure than a test without an end.
    private void Meet(long sequence, CancellationToken cancellationToken)
    {
        if (!meeting.Barrier.SignalAndWait(s_patience, cancellationToken))
            throw new TimeoutException($"Rank {rank} waited {s_patience} for the others at exchange {sequence}.");
    }

    /// <summary>What the ranks of a group share.</summary>
    internal sealed class Meeting(int worldSize)
    {
        public Barrier Barrier { get; } = new(worldSize);

        public (long Sequence, float[] Values)[] Contributions { get; } = new (long, float[])[worldSize];
    }

    /// <summary>Runs one thread per rank to its end; the first failure cancels the others and is thrown.</summary>
    public static T[] RunGroup<T>(int worldSize, Func<IGradientExchange, CancellationToken, T> body)
    {
        var meeting = new Meeting(worldSize);
        using var stop = new CancellationTokenSource();
        var results = new T[worldSize];
        Exception? first = null;
        var threads = Enumerable.Range(0, worldSize).Select(rank => new Thread(() =>
        {
            try
            {
                // The ranks compute at the same time: more threads than cores would make each of them many times slower.
                ComputeThread.Configure(1);
                results[rank] = body(new LockstepExchange(meeting, rank), stop.Token);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref first, error, null);
                stop.Cancel();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return first is null ? results : throw new InvalidOperationException($"A rank failed: {first.Message}", first);
    }
}
