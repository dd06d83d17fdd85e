using System.Text.Json;
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

    /// <summary>The sweep of exactly this id, or null.</summary>
    public async Task<SweepSnapshot?> ReadAsync(string id, CancellationToken cancellationToken) =>
        (await OpenAsync(id, cancellationToken))?.Snapshot();

    /// <summary>Stores what a new sweep is about, and that it has not ended.</summary>
    internal async Task WriteAsync(SweepSubmission submission, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new StoredSweep(submission, time.GetUtcNow()), s_json));
        await container.WriteAsync(BlobLayout.Sweep(submission.Id), content, BlobCondition.IfNew, cancellationToken);
    }

    /// <summary>The book of a sweep, or null if there is none of this id.</summary>
    internal async Task<SweepBook?> OpenAsync(string id, CancellationToken cancellationToken)
    {
        if (await container.ReadAsync(BlobLayout.Sweep(id), cancellationToken) is not { } blob) return null;
        var stored = JsonSerializer.Deserialize<StoredSweep>(blob.Content.ToString(), s_json)!;
        var entries = new List<SweepEntry>();
        await foreach (var piece in LedgerOf(id).ReadOnAsync(0, cancellationToken)) entries.AddRange(piece.Lines.Select(SweepEntry.Parse));
        return new(stored.Submission, stored.Created, entries, time);
    }

    /// <summary>The ledger of a sweep.</summary>
    internal EventLog LedgerOf(string id) => new(container, id, BlobLayout.Ledger);

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
