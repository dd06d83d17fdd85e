using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// What a worker is told to do next, handed from its grain to its training thread. Only the newest order counts; one of a generation that was given
/// up, or is older than another that came, is dropped.
/// </summary>
public sealed class WorkerOrders
{
    private readonly object _gate = new();
    private GroupOrder? _open;
    private int _save, _saved, _halted, _pause;

    /// <summary>Newest generation that the worker was told to open or to give up.</summary>
    public int Noted { get; private set; }

    /// <summary>Takes an order to open a generation. Returns false if it is out of date.</summary>
    public bool Post(GroupOrder order)
    {
        lock (_gate)
        {
            if (order.Generation <= Noted) return false;
            (Noted, _open) = (order.Generation, order);
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>
    /// Takes in that a generation, and all before it, are given up. Returns true if its order was still waiting: then the worker has not begun with it.
    /// </summary>
    public bool Halt(int generation)
    {
        lock (_gate)
        {
            Noted = Math.Max(Noted, generation);
            _halted = Math.Max(_halted, generation);
            if (!(_open?.Generation <= generation)) return false;
            _open = null;
            return true;
        }
    }

    /// <summary>Takes in that a generation is to pause at its next step boundary.</summary>
    public void Pause(int generation)
    {
        lock (_gate) _pause = Math.Max(_pause, generation);
    }

    /// <summary>Takes an order to store the replica under the name of a generation; once for each.</summary>
    public void Save(int generation)
    {
        lock (_gate)
        {
            if (generation <= _save) return;
            _save = generation;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Whether a generation is given up.</summary>
    public bool IsHalted(int generation)
    {
        lock (_gate) return generation <= _halted;
    }

    /// <summary>Whether a generation is to pause.</summary>
    public bool IsToPause(int generation)
    {
        lock (_gate) return generation <= _pause;
    }

    /// <summary>Waits for the next thing to do: a generation to open or, where that is null, a generation to save under.</summary>
    /// <exception cref="OperationCanceledException">The worker is told to stop.</exception>
    public (GroupOrder? Open, int Save) Take(CancellationToken cancellationToken)
    {
        using var wake = cancellationToken.Register(() =>
        {
            lock (_gate) Monitor.PulseAll(_gate);
        });
        lock (_gate)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_open is { } order)
                {
                    _open = null;
                    return (order, 0);
                }
                if (_save > _saved) return (null, _saved = _save);
                Monitor.Wait(_gate);
            }
        }
    }
}
