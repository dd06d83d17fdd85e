using OrleansTransfer.Cli.Api;

namespace OrleansTransfer.Cli.State;

/// <summary>Opens whatever can tell of experiments and sweeps: a running cluster, or the stored state.</summary>
internal sealed class ReadingSession : IAsyncDisposable
{
    private readonly IAsyncDisposable _owned;

    private ReadingSession(IExperimentReader reader, ISweepReader sweeps, IAsyncDisposable owned) => (Reader, Sweeps, _owned) = (reader, sweeps, owned);

    /// <summary>What was opened.</summary>
    public IExperimentReader Reader { get; }

    /// <summary>The same, for sweeps.</summary>
    public ISweepReader Sweeps { get; }

    /// <summary>Opens the named cluster, or the stored state without starting anything that trains.</summary>
    public static async Task<ReadingSession> OpenAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (connection.Cluster is not null)
        {
            var session = await ClusterSession.OpenAsync(connection, cancellationToken);
            return new(session.Api, session.Api, session);
        }
        var state = LocalStates.Open(connection);
        return new(state, state, state);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _owned.DisposeAsync();
}
