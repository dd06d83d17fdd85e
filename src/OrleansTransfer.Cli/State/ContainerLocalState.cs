using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Gateway;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.State;

/// <summary>Reads the stored experiments and sweeps straight from their container: no node starts, and none that runs is disturbed.</summary>
internal sealed class ContainerLocalState(IBlobContainer container) : ILocalState
{
    private readonly ExperimentCatalog _catalog = new(container, TimeProvider.System);
    private readonly SweepCatalog _sweeps = new(container, TimeProvider.System);

    public Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken) => _catalog.ListAsync(cancellationToken);

    public async Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await _catalog.FindAsync(id, cancellationToken);
        }
        catch (UnknownExperimentException e)
        {
            throw new CliException(e.Message, ExitCodes.WrongInput, e);
        }
    }

    public Task<IReadOnlyList<SweepSnapshot>> ListSweepsAsync(CancellationToken cancellationToken) => _sweeps.ListAsync(cancellationToken);

    public async Task<SweepSnapshot> FindSweepAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await _sweeps.FindAsync(id, cancellationToken);
        }
        catch (UnknownSweepException e)
        {
            throw new CliException(e.Message, ExitCodes.WrongInput, e);
        }
    }

    public async IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(
        string id, long from, bool follow, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(id, cancellationToken);
        await foreach (var e in _catalog.ReadEventsAsync(snapshot.Id, from, cancellationToken)) yield return e;
    }

    public async Task<IReadOnlyList<BundleFile>> ListBundleAsync(string id, CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(id, cancellationToken);
        var prefix = BlobLayout.Bundle(snapshot.Id);
        var files = new List<BundleFile>();
        await foreach (var blob in container.ListAsync(prefix, cancellationToken)) files.Add(new(blob.Name[prefix.Length..], blob.Length));
        return files.Count > 0 ? files : throw new CliException($"The experiment {snapshot.Id} has no bundle; it is {snapshot.State}.");
    }

    public async Task<Stream> OpenBundleFileAsync(string id, string file, CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(id, cancellationToken);
        return await container.OpenReadAsync(BlobLayout.Bundle(snapshot.Id) + file, cancellationToken)
            ?? throw new CliException($"The bundle of {snapshot.Id} has no file '{file}'.");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
