using System.Security.Cryptography;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// Weights on this machine's disk, by name, fetched when they are not there. Every use checks the file's bytes against what is published and against
/// what they were when they came. Several processes may share a cache: each file is fetched once. Safe for use by several threads.
/// </summary>
/// <param name="http">Makes clients named <see cref="ClientName"/>; see <see cref="WeightCacheServices"/>.</param>
/// <param name="catalogue">What can be fetched by name.</param>
/// <param name="options">Where and how.</param>
/// <param name="time">Clock.</param>
public sealed class WeightCache(IHttpClientFactory http, WeightCatalogue catalogue, WeightCacheOptions options, TimeProvider time)
{
    /// <summary>Name of the HTTP client that fetches weights.</summary>
    public const string ClientName = "OrleansTransfer.Weights";

    private readonly CacheLayout _layout = new(options.Folder);

    /// <summary>What can be fetched by name.</summary>
    public WeightCatalogue Catalogue => catalogue;

    /// <summary>Folder of the cache.</summary>
    public string Folder => options.Folder;

    /// <summary>The cached file of that name or address, whatever its bytes; null when there is none.</summary>
    /// <exception cref="LearningException">The text is neither a name nor an address.</exception>
    public CachedWeights? Find(string nameOrUrl) => Find(Wanted(nameOrUrl));

    /// <summary>All cached files, by name.</summary>
    public IReadOnlyList<CachedWeights> List()
    {
        var all = new List<CachedWeights>();
        if (!Directory.Exists(_layout.Weights)) return all;
        foreach (var folder in Directory.GetDirectories(_layout.Weights))
        {
            foreach (var recordPath in Directory.GetFiles(folder, $"*{CacheLayout.RecordEnding}"))
            {
                if (WeightRecord.Read(recordPath) is not { } record) continue;
                var name = WeightName.TryParse($"{Path.GetFileName(folder)}/{Path.GetFileNameWithoutExtension(recordPath)}");
                var path = Path.Combine(folder, Path.GetFileName(record.File));
                if (!File.Exists(path)) continue;
                if (Path.GetFileName(folder) == CacheLayout.UrlFolder) all.Add(new(record.Source, path, null, record));
                else if (name is not null) all.Add(new($"{name}", path, catalogue.Find(name), record));
            }
        }

        // Files that someone put where the catalogue has them.
        foreach (var entry in catalogue.Entries)
            if (Find(Wanted(entry)) is { Record: null } byHand) all.Add(byHand);
        return [.. all.OrderBy(weights => weights.Name, StringComparer.Ordinal)];
    }

    /// <summary>The checked file of a name or address, fetched if need be.</summary>
    /// <param name="nameOrUrl"><c>backbone/tag</c>, or an HTTP address.</param>
    /// <param name="sha256">What the file's SHA-256 must be or begin with besides what is published; null for no more.</param>
    /// <param name="progress">Is told of a download.</param>
    /// <param name="cancellationToken">Interrupts; what came of a download stays and is taken up by the next.</param>
    /// <exception cref="WeightDownloadException">It cannot be fetched.</exception>
    /// <exception cref="LearningException">The name is unknown, or the file is not there and no connection may be opened.</exception>
    public async Task<CachedWeights> GetAsync(
        string nameOrUrl, WeightChecksum? sha256, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        var wanted = Wanted(nameOrUrl);
        wanted = wanted with { Demanded = sha256 };
        try
        {
            if (await UseAsync(wanted, progress, cancellationToken).ConfigureAwait(false) is { } here) return here;
            if (wanted.Url is null) catalogue.Get(wanted.Weights!);
            if (options.Offline)
                throw new LearningException(
                    $"{wanted.Name} is not on this machine, and being offline (--offline, OTX_OFFLINE) forbids fetching it. {Otherwise(wanted)}");
            Directory.CreateDirectory(Path.GetDirectoryName(wanted.Path)!);
            using var held = await CacheLock.AcquireAsync(
                wanted.Stem + ".lock",
                () => progress?.Report(new(
                    wanted.Name, WeightProgressKind.Waiting, 0, null, 0, $"{wanted.Name}: another process is fetching it; waiting for that one.")),
                time,
                cancellationToken).ConfigureAwait(false);
            return await UseAsync(wanted, progress, cancellationToken).ConfigureAwait(false)
                ?? await FetchAsync(wanted, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(e);
        }
    }

    /// <summary>
    /// Copies a user's file into the cache under a name. It is checked first: it must open, and fit the backbone that the name begins with.
    /// </summary>
    /// <param name="file">A weights file of any format.</param>
    /// <param name="name">A name of the catalogue, or a new one whose backbone is known.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="LearningException">The file is damaged, does not fit, or is not what the catalogue has under that name.</exception>
    public async Task<CachedWeights> AddAsync(string file, WeightName name, CancellationToken cancellationToken)
    {
        var entry = catalogue.Find(name);
        var backbone = Backbones.Get(name.Backbone);
        var (sha256, md5) = await HashAsync(file, entry, cancellationToken).ConfigureAwait(false);
        if (entry?.Checksum.Contradiction(sha256, md5) is { } contradiction)
            throw new LearningException($"'{file}' is not {name}: {contradiction}. Choose a name of your own, such as {name.Backbone}/mine.");
        CheckFits(file, backbone);

        var stem = _layout.Stem(name);
        var target = stem + (entry?.Extension ?? Path.GetExtension(file).ToLowerInvariant());
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(stem)!);
            using var held = await CacheLock.AcquireAsync(stem + ".lock", () => { }, time, cancellationToken).ConfigureAwait(false);
            if (Find(Wanted($"{name}")) is { } former && former.Path != target) File.Delete(former.Path);
            var partial = target + ".adding";
            try
            {
                File.Copy(file, partial, overwrite: true);
                var record = new WeightRecord(
                    Path.GetFileName(target), Path.GetFullPath(file), sha256, new FileInfo(partial).Length, CheckedAgainst(entry));
                record.Write(stem + CacheLayout.RecordEnding);
                File.Move(partial, target, overwrite: true);
                return new($"{name}", target, entry, record);
            }
            finally
            {
                File.Delete(partial);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(e);
        }
    }

    /// <summary>Reads a cached file and compares it with its record and with what is published. A damaged one is deleted.</summary>
    /// <exception cref="LearningException">The file cannot be read or deleted.</exception>
    public async Task<WeightVerification> VerifyAsync(CachedWeights weights, CancellationToken cancellationToken)
    {
        var (sha256, md5) = await HashAsync(weights.Path, weights.Entry, cancellationToken).ConfigureAwait(false);
        var damage = weights.Record is { } record && record.Sha256 != sha256
            ? $"its SHA-256 is {sha256}, and was {record.Sha256} when it came{Shortened(weights.Path, record.Size)}"
            : weights.Entry?.Checksum.Contradiction(sha256, md5);
        if (damage is null) return new(weights, sha256, null);
        try
        {
            File.Delete(weights.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The weights file '{weights.Path}' is damaged ({damage}) and cannot be deleted: {e.Message}", e);
        }
        return new(weights, sha256, damage);
    }

    private async Task<CachedWeights> FetchAsync(WantedWeights wanted, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        using var client = http.CreateClient(ClientName);
        var url = wanted.Entry is not null && options.Mirror is { } mirror ? mirror.Of(wanted.Url!) : wanted.Url!;
        WeightChecksum[] checksums = [wanted.Entry?.Checksum ?? WeightChecksum.None, wanted.Demanded ?? WeightChecksum.None];
        var request = new DownloadRequest(wanted.Name, url, checksums, Otherwise(wanted));
        WeightRecord? record = null;
        await new WeightDownload(client, options.Download, time, request, progress).RunAsync(
            wanted.Path + ".partial",
            (partial, came) =>
            {
                var against = checksums.Where(checksum => checksum.Kind != ChecksumKind.None).Select(checksum => $"{checksum}").ToList();
                if (came.NamedByServer) against.Add("the SHA-256 that the server names");
                record = new(
                    Path.GetFileName(wanted.Path), UrlText.Shown(url), came.Sha256, came.Size,
                    against.Count > 0 ? string.Join(", ", against) : Unchecked);

                // The record first: a file without one would be taken for one put there by hand, a record without a file is nothing.
                record.Write(wanted.Stem + CacheLayout.RecordEnding);
                partial.Publish(wanted.Path);
            },
            cancellationToken).ConfigureAwait(false);
        return new(wanted.Name, wanted.Path, wanted.Entry, record);
    }

    /// <summary>The file if it is there and sound; null if it has to be fetched.</summary>
    private async Task<CachedWeights?> UseAsync(WantedWeights wanted, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        if (Find(wanted) is not { } found) return null;
        var verified = await VerifyAsync(found, cancellationToken).ConfigureAwait(false);
        if (verified.Damage is { } damage)
        {
            var deleted = $"'{found.Path}' was damaged and has been deleted: {damage}.";
            if (options.Offline || wanted.Url is null) throw new LearningException($"{deleted} {Otherwise(wanted)}");
            progress?.Report(new(wanted.Name, WeightProgressKind.Trouble, 0, null, 0, deleted));
            return null;
        }
        if (wanted.Demanded?.Contradiction(verified.Sha256, "") is { } contradiction)
            throw new LearningException($"'{found.Path}' is something else: {contradiction}. Delete it to fetch it anew.");
        return found.Record is not null ? found : Adopt(found, verified.Sha256, wanted.Stem);
    }

    // A file that someone put here by hand: from now on it must stay what it is.
    private static CachedWeights Adopt(CachedWeights found, string sha256, string stem)
    {
        var record = new WeightRecord(Path.GetFileName(found.Path), found.Path, sha256, new FileInfo(found.Path).Length, CheckedAgainst(found.Entry));
        try
        {
            record.Write(stem + CacheLayout.RecordEnding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache that others fill may be closed to this user; its files serve all the same.
        }
        return found with { Record = record };
    }

    private static CachedWeights? Find(WantedWeights wanted)
    {
        var record = WeightRecord.Read(wanted.Stem + CacheLayout.RecordEnding);
        var path = record is null ? wanted.Path : Path.Combine(Path.GetDirectoryName(wanted.Stem)!, Path.GetFileName(record.File));
        return File.Exists(path) ? new(wanted.Name, path, wanted.Entry, record) : null;
    }

    private WantedWeights Wanted(string nameOrUrl)
    {
        if (WeightName.TryParse(nameOrUrl) is { } name)
            return catalogue.Find(name) is { } entry ? Wanted(entry) : new(nameOrUrl, name, null, null, _layout.Stem(name), _layout.Stem(name));
        if (Uri.TryCreate(nameOrUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return new(UrlText.Shown(url), null, null, url, _layout.Stem(url), _layout.Stem(url) + CacheLayout.Ending(url));
        throw new LearningException(
            $"'{nameOrUrl}' is neither a name of weights, like resnet50/imagenet1k_v2, nor an address that begins with https://. " +
            "`otx weights list` shows the names.");
    }

    private WantedWeights Wanted(WeightEntry entry) =>
        new($"{entry.Name}", entry.Name, entry, entry.Url, _layout.Stem(entry.Name), _layout.Stem(entry.Name) + entry.Extension);

    private const string Unchecked = "nothing is published to check against";

    private static string CheckedAgainst(WeightEntry? entry) =>
        entry is null or { Checksum.Kind: ChecksumKind.None } ? Unchecked : $"{entry.Checksum}";

    private static string Otherwise(WantedWeights wanted) => (wanted.Url, wanted.Entry) switch
    {
        (null, _) => $"Add it again: otx weights add FILE --as {wanted.Name}.",
        ({ } url, not null) =>
            $"Fetch {UrlText.Shown(url)} on another machine and put it here as '{wanted.Path}', or: otx weights add FILE --as {wanted.Name}.",
        ({ } url, null) => $"Fetch {UrlText.Shown(url)} on another machine and name the file instead.",
    };

    private LearningException NotWritable(Exception e) =>
        new($"The cache '{options.Folder}' cannot be used: {e.Message.TrimEnd('.')}. Choose another folder with OTX_CACHE.", e);

    private static string Shortened(string path, long size) =>
        new FileInfo(path).Length is var length && length == size ? "" : $" ({length} bytes instead of {size})";

    private static void CheckFits(string path, Backbone backbone)
    {
        using var file = WeightFile.Open(path);
        using var model = backbone.Create(Classes);
        StateDict.Check(model, file, new(IgnoreHead: true));
    }

    // The width of the head that public weights have; the file's own may have another.
    private const int Classes = 1000;

    // An MD5 takes longer than the SHA-256: it is computed where one is published, and empty elsewhere.
    private static async Task<(string Sha256, string Md5)> HashAsync(string path, WeightEntry? entry, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var md5 = entry?.Checksum.Kind == ChecksumKind.Md5 ? IncrementalHash.CreateHash(HashAlgorithmName.MD5) : null;
            var block = new byte[1 << 20];
            while (await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                sha256.AppendData(block, 0, count);
                md5?.AppendData(block, 0, count);
            }
            return (Convert.ToHexStringLower(sha256.GetHashAndReset()), md5 is null ? "" : Convert.ToHexStringLower(md5.GetHashAndReset()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Directory.Exists(path) ? "it is a folder" : File.Exists(path) ? e.Message.TrimEnd('.') : "there is no such file";
            throw new LearningException($"The weights file '{path}' cannot be read: {reason}.", e);
        }
    }

    /// <summary>What is looked for, and where it would be.</summary>
    /// <param name="Name">Name or address, for people.</param>
    /// <param name="Weights">The name; null for an address.</param>
    /// <param name="Entry">Line of the catalogue, or null.</param>
    /// <param name="Url">Where it can be fetched; null for the user's own.</param>
    /// <param name="Stem">Path of the file without its ending.</param>
    /// <param name="Path">Path of the file where it can be fetched.</param>
    private sealed record WantedWeights(string Name, WeightName? Weights, WeightEntry? Entry, Uri? Url, string Stem, string Path)
    {
        /// <summary>What the file must be besides what is published; null for no more.</summary>
        public WeightChecksum? Demanded { get; init; }
    }
}
