using System.Runtime.CompilerServices;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>Reads experiments from the container without waking their grains: works while no cluster runs, or another one does.</summary>
/// <param name="container">Where experiments are stored.</param>
/// <param name="time">The clock.</param>
/// <param name="takesOver">
/// Whether a cluster that runs here takes the experiments of a dead owner over, so that they are not interrupted; null where none runs.
/// </param>
public sealed class ExperimentCatalog(IBlobContainer container, TimeProvider time, Func<ExperimentOwner, bool>? takesOver = null)
{
    /// <summary>Name of the experiment's state within its grain.</summary>
    public const string StateName = "experiment";

    private const string GrainType = "experiment";

    /// <summary>Everything stored, newest first.</summary>
    public async Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<ExperimentSnapshot>();
        await foreach (var id in IdsAsync("", cancellationToken))
            if (await ReadAsync(id, cancellationToken) is { } snapshot) found.Add(snapshot);
        return [.. found.OrderByDescending(snapshot => snapshot.Created)];
    }

    /// <summary>Ids of experiments that have not ended and were coordinated by one of these silos.</summary>
    public async Task<IReadOnlyList<string>> ListOwnedAsync(IReadOnlySet<string> silos, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var id in IdsAsync("", cancellationToken))
        {
            var stored = await BlobGrainStorage.PeekAsync<ExperimentSnapshot>(container, GrainType, id, StateName, cancellationToken);
            if (stored is { Owner.Silo: var silo } && !stored.State.IsFinal() && silos.Contains(silo)) found.Add(id);
        }
        return found;
    }

    /// <summary>The experiment whose id is, or uniquely begins with, <paramref name="id"/>.</summary>
    /// <exception cref="UnknownExperimentException">None or several do.</exception>
    public async Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Length > 0 && !id.Contains('/') && await ReadAsync(id, cancellationToken) is { } exact) return exact;
        var matches = new List<string>();
        await foreach (var match in IdsAsync(id, cancellationToken)) matches.Add(match);
        return matches.Count switch
        {
            0 => throw new UnknownExperimentException($"There is no experiment '{id}' in {container.Description}. 'otx experiments list' shows all."),
            1 => await ReadAsync(matches[0], cancellationToken)
                ?? throw new UnknownExperimentException($"Experiment '{matches[0]}' has no stored state."),
            _ => throw new UnknownExperimentException(
                $"'{id}' could be any of {string.Join(", ", matches.Take(5))}{(matches.Count > 5 ? ", ..." : "")}: give more of the id."),
        };
    }

    /// <summary>The history of an experiment from sequence number <paramref name="from"/> on, as far as it is written.</summary>
    public IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(string id, long from, CancellationToken cancellationToken) =>
        EventHistory.ReadStoredAsync(new(container, id), from, cancellationToken);

    /// <summary>The experiment of exactly this id, or null. One whose process died under it is shown as interrupted.</summary>
    public async Task<ExperimentSnapshot?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var snapshot = await BlobGrainStorage.PeekAsync<ExperimentSnapshot>(container, GrainType, id, StateName, cancellationToken);
        if (snapshot is null) return null;
        return snapshot.State.IsFinal() || snapshot.Owner is not { } owner || owner.IsAlive(time.GetUtcNow()) || takesOver?.Invoke(owner) == true
            ? snapshot
            : snapshot with
            {
                State = ExperimentState.Interrupted,
                Reason = $"process {owner.ProcessId} on {owner.Machine}, which drove the run, is gone",
            };
    }

    private async IAsyncEnumerable<string> IdsAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Ids consist of letters, digits and dashes, which the names of grain states keep as they are.
        await foreach (var entry in container.ListAsync($"grains/{GrainType}/{prefix}", cancellationToken))
            if (entry.Name.Split('/') is [_, _, var id, StateName + ".json"]) yield return id;
    }
}
