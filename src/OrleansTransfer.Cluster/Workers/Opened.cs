using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>A worker's membership in one generation of its group, from its order to its leaving.</summary>
internal sealed class Opened : IDisposable
{
    private readonly GroupJoiner _groups;
    private readonly WorkerAssignment _assignment;
    private readonly GroupOrder _order;
    private readonly CancellationTokenSource _over;
    private volatile GroupSession? _session;
    private string? _reason;

    public Opened(int generation, GroupJoiner groups, WorkerAssignment assignment, GroupOrder order, CancellationToken stop)
    {
        (Generation, _groups, _assignment, _order) = (generation, groups, assignment, order);
        _over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Over = _over.Token;
    }

    /// <summary>Number of the generation.</summary>
    public int Generation { get; }

    /// <summary>Cancelled when the generation is given up.</summary>
    public CancellationToken Over { get; }

    /// <summary>Why it was given up.</summary>
    public string? Reason => _reason;

    /// <summary>Name of the node that broke the exchange off, as far as this one can tell.</summary>
    public string? BrokenOffBy => _session?.BrokenOffBy;

    /// <summary>Joins the exchange.</summary>
    /// <exception cref="GenerationOverException">It is over already.</exception>
    public IGradientExchange Join(int rank)
    {
        try
        {
            _session = _groups.Join(_assignment, _order);
        }
        catch (InvalidOperationException e)
        {
            throw new GenerationOverException(e.Message, e);
        }
        if (_over.IsCancellationRequested) _session.Abort(_reason ?? "The generation was given up.");
        return _session.For(rank);
    }

    /// <summary>Ends every wait in this generation, on this worker and with it on all others of the group on the node.</summary>
    public void GiveUp(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The worker has just left by itself.
            return;
        }
        _session?.Abort(reason);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_session is not null) _groups.Leave(_order);
        _over.Dispose();
    }
}
