using System.Text.Json;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>Reads sweeps from the container without waking their grains: works while no cluster runs, or another one does.</summary>
public sealed class SweepCatalog(IBlobContainer container, TimeProvider time)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    /// <summary>Everything stored, newest first.</summary>
    public async Task<IReadOnlyList<SweepSnapshot>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<SweepSnapshot>();
        foreach (var id in await IdsAsync("", cancellationToken))
            if (await ReadAsync(id, cancellationToken) is { } sweep) found.Add(sweep);
        return [.. found.OrderByDescending(sweep => sweep.Created)];
    }

    /// <summary>The sweep whose id is, or uniquely begins with, <paramref name="id"/>.</summary>
    /// <exception cref="UnknownSweepException">None or several do.</exception>
    public async Task<SweepSnapshot> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Length == 0 || id.Contains('/')) throw Unknown(id);
        if (await ReadAsync(id, cancellationToken) is { } exact) return exact;
        var matches = await IdsAsync(id, cancellationToken);
        return matches.Count switch
        {
            0 => throw Unknown(id),
            1 => await ReadAsync(matches[0], cancellationToken) ?? throw Unknown(id),
            _ => throw new UnknownSweepException(
                $"'{id}' could be any of {string.Join(", ", matches.Take(5))}{(matches.Count > 5 ? ", ..." : "")}: give more of the id."),
        };
    }

    /// <summary>The sweep of exactly this id, or null. Says so when the process that drove it is gone.</summary>
    public async Task<SweepSnapshot?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        if (await OpenAsync(id, cancellationToken) is not var (book, _)) return null;
        var sweep = book.Snapshot();
        if (sweep.State.IsFinal()) return sweep;
        var owner = await MarkOfAsync(id, cancellationToken) ?? sweep.Owner;
        return owner?.IsAlive(time.GetUtcNow()) == true || sweep.State == SweepState.Paused
            ? sweep with { Owner = owner }
            : sweep with
            {
                Owner = owner,
                Reason = owner is null ? "nobody drives it" : $"process {owner.ProcessId} on {owner.Machine}, which drove it, is gone",
            };
    }

    /// <summary>Stores what a new sweep is about, and that it has not ended.</summary>
    internal async Task WriteAsync(SweepSubmission submission, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new StoredSweep(submission, time.GetUtcNow()), s_json));
        await container.WriteAsync(BlobLayout.Sweep(submission.Id), content, BlobCondition.IfNew, cancellationToken);
    }

    /// <summary>
    /// The book of a sweep, and the ledger that it was read from: whoever appends to that one fails if someone else has appended in the meantime. Null if
    /// there is none of this id.
    /// </summary>
    internal async Task<(SweepBook Book, EventLog Ledger)?> OpenAsync(string id, CancellationToken cancellationToken)
    {
        if (await container.ReadAsync(BlobLayout.Sweep(id), cancellationToken) is not { } blob) return null;
        var stored = JsonSerializer.Deserialize<StoredSweep>(blob.Content.ToString(), s_json)!;
        var entries = new List<SweepEntry>();
        var ledger = new EventLog(container, id, BlobLayout.Ledger, BlobLayout.LedgerChapter);
        await foreach (var piece in ledger.ReadOnAsync(0, cancellationToken)) entries.AddRange(piece.Lines.Select(SweepEntry.Parse));
        return (new(stored.Submission, stored.Created, entries, time), ledger);
    }

    /// <summary>Sweeps that have not ended, as their marks say, with who drives them.</summary>
    internal async Task<IReadOnlyList<(string Id, ExperimentOwner? Owner)>> ListActiveAsync(CancellationToken cancellationToken)
    {
        var found = new List<(string, ExperimentOwner?)>();
        await foreach (var blob in container.ListAsync(BlobLayout.ActiveSweeps, cancellationToken))
        {
            var id = blob.Name[BlobLayout.ActiveSweeps.Length..];
            found.Add((id, await MarkOfAsync(id, cancellationToken)));
        }
        return found;
    }

    /// <summary>Who drives a sweep that has not ended; null for one that has, or of which there is none.</summary>
    internal async Task<ExperimentOwner?> DriverOfAsync(string id, CancellationToken cancellationToken) =>
        id.Length == 0 || id.Contains('/') ? null : await MarkOfAsync(id, cancellationToken);

    /// <summary>Marks a sweep as one that has not ended and is driven by <paramref name="owner"/>, who says so again every few seconds.</summary>
    internal async Task MarkAsync(string id, ExperimentOwner owner, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(owner, s_json));
        await container.WriteAsync(BlobLayout.ActiveSweeps + id, content, BlobCondition.None, cancellationToken);
    }

    /// <summary>Takes the mark away.</summary>
    internal Task UnmarkAsync(string id, CancellationToken cancellationToken) =>
        container.DeleteAsync(BlobLayout.ActiveSweeps + id, BlobCondition.None, cancellationToken);

    private async Task<ExperimentOwner?> MarkOfAsync(string id, CancellationToken cancellationToken) =>
        await container.ReadAsync(BlobLayout.ActiveSweeps + id, cancellationToken) is { } mark
            ? JsonSerializer.Deserialize<ExperimentOwner>(mark.Content.ToString(), s_json)
            : null;

    private static UnknownSweepException Unknown(string id) => new($"There is no sweep '{id}'. 'otx sweep list' shows all.");

    private async Task<IReadOnlyList<string>> IdsAsync(string prefix, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        await foreach (var blob in container.ListAsync(BlobLayout.Sweeps + prefix, cancellationToken))
            if (blob.Name.Split('/') is [_, var id, "sweep.json"]) ids.Add(id);
        return ids;
    }

    private sealed record StoredSweep(SweepSubmission Submission, DateTimeOffset Created);
}
