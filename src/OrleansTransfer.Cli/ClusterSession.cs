using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Host;

namespace OrleansTransfer.Cli;

/// <summary>A command's hold on a cluster: a running one, or one that lives in this process as long as the session.</summary>
internal sealed class ClusterSession : IAsyncDisposable
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(3);

    private readonly HttpClusterApi _api;
    private readonly NodeHost? _node;

    private ClusterSession(Uri address, ApiAccess? access, NodeHost? node)
    {
        _api = new(address, access);
        _node = node;
    }

    /// <summary>The cluster.</summary>
    public IClusterApi Api => _api;

    /// <summary>Whether its runs end with this process.</summary>
    public bool Embedded => _node is not null;

    /// <summary>The running cluster that the connection names, or a new one in this process.</summary>
    public static async Task<ClusterSession> OpenAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (connection.Cluster is not null) return new(connection.Cluster, connection.Access, null);
        var node = await Embedding.StartClusterAsync(connection, cancellationToken);
        return new(new Uri(node.Http), null, node);
    }

    /// <summary>The cluster that drives an experiment: the named one, the process that owns it if it lives, else a new one in this process.</summary>
    public static async Task<ClusterSession> OpenForAsync(Connection connection, string id, CancellationToken cancellationToken) =>
        await OpenOwnerAsync(connection, id, cancellationToken) ?? await OpenAsync(connection, cancellationToken);

    /// <summary>Likewise, but null where nobody drives the experiment.</summary>
    public static async Task<ClusterSession?> OpenOwnerAsync(Connection connection, string id, CancellationToken cancellationToken)
    {
        if (connection.Cluster is not null) return new(connection.Cluster, connection.Access, null);
        ExperimentSnapshot snapshot;
        await using (var state = LocalStates.Open(connection))
            snapshot = await state.FindAsync(id, cancellationToken);
        var owner = await FindOwnerAsync(
            connection, snapshot.Owner, async (api, token) => (await api.FindAsync(snapshot.Id, token)).Id == snapshot.Id, cancellationToken);
        return owner is null ? null : new(owner, connection.Access, null);
    }

    /// <summary>The cluster that drives a sweep: the named one, or the process that drives it if that lives; null where nobody does.</summary>
    public static async Task<ClusterSession?> OpenSweepOwnerAsync(Connection connection, string id, CancellationToken cancellationToken)
    {
        if (connection.Cluster is not null) return new(connection.Cluster, connection.Access, null);
        SweepSnapshot sweep;
        await using (var state = LocalStates.Open(connection))
            sweep = await state.FindSweepAsync(id, cancellationToken);
        var owner = await FindOwnerAsync(
            connection, sweep.Owner, async (api, token) => (await api.FindSweepAsync(sweep.Id, token)).Id == sweep.Id, cancellationToken);
        return owner is null ? null : new(owner, connection.Access, null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    // The port may belong to someone else by now: only a process that knows this very id is its owner.
    private static async Task<Uri?> FindOwnerAsync(
        Connection connection, ExperimentOwner? owner, Func<HttpClusterApi, CancellationToken, Task<bool>> knows, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(owner?.Http, UriKind.Absolute, out var address)) return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ProbeLimit);
        using var api = new HttpClusterApi(address, connection.Access);
        try
        {
            return await knows(api, limit.Token) ? address : null;
        }
        catch (CliException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
