using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansTransfer.Storage;

/// <summary>The checkpoints of one experiment: <c>{step}-{attempt}/</c> with its files and, written last, <c>manifest.json</c>.</summary>
public sealed class CheckpointStore
{
    private const string ManifestName = "manifest.json";

    private readonly IBlobContainer _container;
    private readonly string _experiment;
    private readonly TimeProvider _time;

    /// <summary>The checkpoints of <paramref name="experimentId"/> in <paramref name="container"/>.</summary>
    public CheckpointStore(IBlobContainer container, string experimentId, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(container);
        BlobName.ValidateSingle(experimentId);
        _container = container;
        _experiment = experimentId;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>
    /// Writes the files of a checkpoint, which exists once its manifest is given to <see cref="CommitAsync"/>. Without that, its files are removed by a
    /// later prune.
    /// </summary>
    /// <param name="step">Optimizer steps applied.</param>
    /// <param name="attempt">A name of the writer's own, so that two writers of one step do not touch each other's files.</param>
    /// <param name="position">Where the run stands; stored as it is.</param>
    /// <param name="files">The files, written one after the other.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="BlobConflictException">A checkpoint of this step and attempt already exists; it is left as it is.</exception>
    public async Task<CheckpointManifest> StageAsync(
        long step, string attempt, JsonElement position, IReadOnlyList<CheckpointFile> files, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        BlobName.ValidateSingle(attempt);
        ArgumentNullException.ThrowIfNull(files);
        Validate(files);
        var prefix = BlobLayout.Checkpoint(_experiment, step, attempt);
        if (await _container.ReadAsync(prefix + ManifestName, cancellationToken).ConfigureAwait(false) is not null)
            throw new BlobConflictException(prefix + ManifestName);

        var written = new List<CheckpointManifestFile>();
        foreach (var file in files)
        {
            var (size, sha256) = await StagedUpload.WriteAsync(_container, prefix + file.Name, file.Write, cancellationToken).ConfigureAwait(false);
            written.Add(new CheckpointManifestFile(file.Name, size, sha256));
        }

        return new CheckpointManifest(CheckpointManifest.CurrentFormatVersion, _experiment, step, attempt, _time.GetUtcNow(), position, written);
    }

    /// <summary>Lets a checkpoint exist whose files are written.</summary>
    /// <exception cref="ArgumentException">The manifest is of another experiment.</exception>
    /// <exception cref="BlobConflictException">A checkpoint of this step and attempt already exists; it is left as it is.</exception>
    public async Task CommitAsync(CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (manifest.Experiment != _experiment)
            throw new ArgumentException($"It belongs to the experiment '{manifest.Experiment}', not to '{_experiment}'.", nameof(manifest));
        var name = BlobLayout.Checkpoint(_experiment, manifest.Step, manifest.Attempt) + ManifestName;
        var json = BinaryData.FromObjectAsJson(manifest, StorageJson.Options);
        await _container.WriteAsync(name, json.ToStream(), BlobCondition.IfNew, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a checkpoint. It exists when this returns; after a failure it does not, and its files are removed by a later prune.</summary>
    /// <inheritdoc cref="StageAsync"/>
    public async Task<CheckpointManifest> WriteAsync(
        long step, string attempt, JsonElement position, IReadOnlyList<CheckpointFile> files, CancellationToken cancellationToken)
    {
        var manifest = await StageAsync(step, attempt, position, files, cancellationToken).ConfigureAwait(false);
        await CommitAsync(manifest, cancellationToken).ConfigureAwait(false);
        return manifest;
    }

    /// <summary>A manifest as text, for a message.</summary>
    public static string ToText(CheckpointManifest manifest) => JsonSerializer.Serialize(manifest, StorageJson.Options);

    /// <summary>The manifest that <see cref="ToText"/> wrote.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static CheckpointManifest Parse(string text) =>
        JsonSerializer.Deserialize<CheckpointManifest>(text, StorageJson.Options) ?? throw new JsonException("It is null.");

    /// <summary>
    /// Finds the whole checkpoint with the highest step, and among attempts of one step the latest written. Damaged ones are passed over.
    /// </summary>
    /// <param name="check">How closely files are looked at.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <param name="wanted">Which ones are looked for; null for all.</param>
    public async Task<CheckpointSearch> FindNewestAsync(
        CheckpointCheck check, CancellationToken cancellationToken, Func<CheckpointManifest, bool>? wanted = null)
    {
        var skipped = new List<SkippedCheckpoint>();
        foreach (var found in await ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!found.Finished || found.Manifest is { } manifest && wanted?.Invoke(manifest) == false)
                continue;
            var problem = found.Problem;
            if (problem is null && check == CheckpointCheck.Content)
                problem = await ContentProblemAsync(found.Manifest!, cancellationToken).ConfigureAwait(false);
            if (problem is null)
                return new CheckpointSearch(found.Manifest, skipped);
            skipped.Add(new SkippedCheckpoint(found.Prefix, problem));
        }

        return new CheckpointSearch(null, skipped);
    }

    /// <summary>The manifest of one checkpoint, or null if it is not finished or not there.</summary>
    public async Task<CheckpointManifest?> ReadAsync(long step, string attempt, CancellationToken cancellationToken) =>
        await _container.ReadAsync(BlobLayout.Checkpoint(_experiment, step, attempt) + ManifestName, cancellationToken).ConfigureAwait(false) is { } found
            ? found.Content.ToObjectFromJson<CheckpointManifest>(StorageJson.Options)
            : null;

    /// <summary>Opens a file for reading from its beginning to its end. The read that completes the file throws if its content is wrong.</summary>
    /// <exception cref="CheckpointCorruptException">The file is missing, or, while reading, is not what was written.</exception>
    public async Task<Stream> OpenAsync(CheckpointManifest manifest, string file, CancellationToken cancellationToken)
    {
        var (name, expected) = Locate(manifest, file);
        var source = await _container.OpenReadAsync(name, cancellationToken).ConfigureAwait(false) ?? throw Missing(name);
        return new VerifyingStream(source, expected.Size, expected.Sha256, reason => new CheckpointCorruptException(name, reason));
    }

    /// <summary>A local path with the content of a file, after checking it. See <see cref="IBlobContainer.MaterializeAsync"/>.</summary>
    /// <exception cref="CheckpointCorruptException">The file is missing or is not what was written.</exception>
    public async Task<string> MaterializeAsync(CheckpointManifest manifest, string file, string cacheFolder, CancellationToken cancellationToken)
    {
        var (name, expected) = Locate(manifest, file);
        var path = await _container.MaterializeAsync(name, cacheFolder, cancellationToken).ConfigureAwait(false) ?? throw Missing(name);
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
        if (content.Length != expected.Size)
            throw new CheckpointCorruptException(name, $"it has {content.Length} bytes, where {expected.Size} were written");
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));
        if (sha256 != expected.Sha256)
            throw new CheckpointCorruptException(name, $"its SHA-256 is {sha256}, where {expected.Sha256} was written");
        return path;
    }

    /// <summary>
    /// Keeps the newest <paramref name="keep"/> whole checkpoints and everything newer than the newest of them, which may still be being
    /// written. Older checkpoints, whole, damaged or unfinished, are deleted, each manifest before its files.
    /// </summary>
    /// <returns>How many were deleted.</returns>
    public async Task<int> PruneAsync(int keep, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        var all = await ListAsync(cancellationToken).ConfigureAwait(false);
        var whole = all.Where(found => found.Whole).ToList();
        if (whole.Count == 0)
            return 0;
        var kept = whole.Take(keep).ToHashSet();
        var deleted = all.Where(found => !kept.Contains(found) && (found.Whole || found.Step < whole[0].Step)).ToList();
        foreach (var found in deleted) await DeleteAsync(found, cancellationToken).ConfigureAwait(false);
        return deleted.Count;
    }

    /// <summary>Deletes the checkpoints of later steps than <paramref name="step"/>, whole or not, each manifest before its files.</summary>
    /// <returns>How many were deleted.</returns>
    public async Task<int> DeleteAfterAsync(long step, CancellationToken cancellationToken)
    {
        var deleted = (await ListAsync(cancellationToken).ConfigureAwait(false)).Where(found => found.Step > step).ToList();
        foreach (var found in deleted) await DeleteAsync(found, cancellationToken).ConfigureAwait(false);
        return deleted.Count;
    }

    private async Task DeleteAsync(Found found, CancellationToken cancellationToken)
    {
        foreach (var name in found.Blobs.Keys.OrderByDescending(name => name == found.Prefix + ManifestName))
            await _container.DeleteAsync(name, BlobCondition.None, cancellationToken).ConfigureAwait(false);
    }

    private static void Validate(IReadOnlyList<CheckpointFile> files)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { ManifestName };
        foreach (var file in files)
        {
            BlobName.ValidateSingle(file.Name);
            if (!names.Add(file.Name))
                throw new ArgumentException($"A checkpoint cannot have two files '{file.Name}'.", nameof(files));
        }
    }

    /// <summary>Everything under the checkpoints' prefix, newest first.</summary>
    private async Task<List<Found>> ListAsync(CancellationToken cancellationToken)
    {
        var root = BlobLayout.Checkpoints(_experiment);
        var folders = new Dictionary<string, Dictionary<string, long>>(StringComparer.Ordinal);
        await foreach (var blob in _container.ListAsync(root, cancellationToken).ConfigureAwait(false))
        {
            var end = blob.Name.IndexOf('/', root.Length);
            if (end < 0)
                continue;
            var prefix = blob.Name[..(end + 1)];
            if (!folders.TryGetValue(prefix, out var blobs))
                folders[prefix] = blobs = new Dictionary<string, long>(StringComparer.Ordinal);
            blobs[blob.Name] = blob.Length;
        }

        var all = new List<Found>();
        foreach (var (prefix, blobs) in folders)
        {
            var number = prefix[root.Length..].Split('-')[0];
            if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var step))
                all.Add(await InspectAsync(prefix, step, blobs, cancellationToken).ConfigureAwait(false));
        }

        return [.. all.OrderByDescending(found => found.Step)
            .ThenByDescending(found => found.Manifest?.Created)
            .ThenByDescending(found => found.Prefix, StringComparer.Ordinal)];
    }

    private async Task<Found> InspectAsync(string prefix, long step, Dictionary<string, long> blobs, CancellationToken cancellationToken)
    {
        var name = prefix + ManifestName;
        if (!blobs.ContainsKey(name) || await _container.ReadAsync(name, cancellationToken).ConfigureAwait(false) is not { } read)
            return new Found(prefix, step, blobs, Finished: false, null, "It was not finished.");
        CheckpointManifest manifest;
        try
        {
            manifest = read.Content.ToObjectFromJson<CheckpointManifest>(StorageJson.Options) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            return new Found(prefix, step, blobs, Finished: true, null, $"Its manifest cannot be read: {e.Message}");
        }

        return new Found(prefix, step, blobs, Finished: true, manifest, SizeProblem(prefix, manifest, blobs));
    }

    private string? SizeProblem(string prefix, CheckpointManifest manifest, Dictionary<string, long> blobs)
    {
        if (manifest.FormatVersion != CheckpointManifest.CurrentFormatVersion)
            return $"Its format version is {manifest.FormatVersion}; this version reads {CheckpointManifest.CurrentFormatVersion}.";
        if (BlobLayout.Checkpoint(manifest.Experiment, manifest.Step, manifest.Attempt) != prefix)
            return $"Its manifest belongs to step {manifest.Step}, attempt '{manifest.Attempt}' of the experiment '{manifest.Experiment}'.";
        foreach (var file in manifest.Files)
        {
            if (!blobs.TryGetValue(prefix + file.Name, out var size))
                return $"Its file '{file.Name}' is missing.";
            if (size != file.Size)
                return $"Its file '{file.Name}' has {size} bytes, where {file.Size} were written.";
        }

        return null;
    }

    private async Task<string?> ContentProblemAsync(CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var file in manifest.Files)
            {
                await using var content = await OpenAsync(manifest, file.Name, cancellationToken).ConfigureAwait(false);
                await content.CopyToAsync(Stream.Null, 1 << 20, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (CheckpointCorruptException e)
        {
            return e.Message;
        }
    }

    private (string Name, CheckpointManifestFile Expected) Locate(CheckpointManifest manifest, string file)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var expected = manifest.Files.FirstOrDefault(candidate => candidate.Name == file)
            ?? throw new ArgumentException($"The checkpoint of step {manifest.Step} has no file '{file}'.", nameof(file));
        return (BlobLayout.Checkpoint(_experiment, manifest.Step, manifest.Attempt) + file, expected);
    }

    private static CheckpointCorruptException Missing(string name) => new(name, "it is missing");

    /// <param name="Prefix">Of its blobs.</param>
    /// <param name="Step">From its name.</param>
    /// <param name="Blobs">Names and lengths.</param>
    /// <param name="Finished">Whether it has a manifest.</param>
    /// <param name="Manifest">The manifest, if it is readable.</param>
    /// <param name="Problem">Why it is not whole, or null.</param>
    private sealed record Found(
        string Prefix, long Step, Dictionary<string, long> Blobs, bool Finished, CheckpointManifest? Manifest, string? Problem)
    {
        public bool Whole => Problem is null;
    }
}
