using OrleansTransfer.Cli.Api;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Gateway;
using OrleansTransfer.Host;

namespace OrleansTransfer.Cli.State;

/// <summary>Reads the stored experiments through a node of this process.</summary>
internal sealed class NodeLocalState : ILocalState
{
    private readonly NodeHost _node;
    private readonly HttpClusterApi _api;

    private NodeLocalState(NodeHost node)
    {
        _node = node;
        _api = new(new Uri(node.Http));
    }

    public static async Task<ILocalState> OpenAsync(Connection connection, CancellationToken cancellationToken) =>
        new NodeLocalState(await Embedding.StartClusterAsync(connection, cancellationToken));

    public Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken) => _api.ListAsync(cancellationToken);

    public Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken) => _api.FindAsync(id, cancellationToken);

    public IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(string id, long from, bool follow, CancellationToken cancellationToken) =>
        _api.ReadEventsAsync(id, from, follow: false, cancellationToken);

    public Task<IReadOnlyList<BundleFile>> ListBundleAsync(string id, CancellationToken cancellationToken) =>
        _api.ListBundleAsync(id, cancellationToken);

    public Task<Stream> OpenBundleFileAsync(string id, string file, CancellationToken cancellationToken) =>
        _api.OpenBundleFileAsync(id, file, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _node.DisposeAsync();
    }
}
