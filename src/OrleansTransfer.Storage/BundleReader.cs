using System.Security.Cryptography;

namespace OrleansTransfer.Storage;

/// <summary>A bundle in a local folder, or one of a container whose files are brought to this machine as they are asked for.</summary>
/// <param name="Folder">Full path; of a bundle in a container the experiment's id.</param>
/// <param name="ModelPath">Full path of its <see cref="BundleFormat.Model"/>, whose content has been checked.</param>
/// <param name="Description">Its description.</param>
public sealed record Bundle(string Folder, string ModelPath, BundleDescription Description)
{
    /// <summary>Brings a file of a bundle in a container to this machine; null for a bundle in a folder.</summary>
    internal Func<string, CancellationToken, Task<string?>>? Locate { get; init; }
}

/// <summary>Opens bundles.</summary>
public static class BundleReader
{
    /// <summary>Opens a bundle in a local folder and checks that its model is the one described.</summary>
    /// <exception cref="BundleException">
    /// The folder is missing, is not a bundle, has another format version, or its model is missing or changed.
    /// </exception>
    public static async Task<Bundle> OpenAsync(string folder, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        folder = Path.GetFullPath(folder);
        var description = await DescribeAsync(folder, cancellationToken).ConfigureAwait(false);
        var bundle = new Bundle(folder, "", description);
        return bundle with { ModelPath = await FileAsync(bundle, BundleFormat.Model, cancellationToken).ConfigureAwait(false) };
    }

    /// <summary>Opens the bundle of an experiment in a container and checks that its model is the one described.</summary>
    /// <param name="container">Where the bundle is.</param>
    /// <param name="experimentId">Whose bundle it is.</param>
    /// <param name="cacheFolder">Local folder for files of a remote container.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <exception cref="BundleException">There is no bundle, it has another format version, or its model is missing or changed.</exception>
    public static async Task<Bundle> OpenAsync(
        IBlobContainer container, string experimentId, string cacheFolder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        BlobName.ValidateSingle(experimentId);
        var prefix = BlobLayout.Bundle(experimentId);
        var json = await container.ReadAsync(prefix + BundleFormat.Description, cancellationToken).ConfigureAwait(false)
            ?? throw new BundleException($"The experiment '{experimentId}' has no bundle.");
        var bundle = new Bundle(experimentId, "", BundleFormat.Parse(json.Content, experimentId))
        {
            Locate = (name, cancellation) => container.MaterializeAsync(prefix + name, cacheFolder, cancellation),
        };
        return bundle with { ModelPath = await FileAsync(bundle, BundleFormat.Model, cancellationToken).ConfigureAwait(false) };
    }

    /// <summary>Reads the description only.</summary>
    /// <exception cref="BundleException">As for <see cref="OpenAsync"/>, except for the model.</exception>
    public static async Task<BundleDescription> DescribeAsync(string folder, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
            throw new BundleException($"The folder '{folder}' does not exist.");
        var path = Path.Combine(folder, BundleFormat.Description);
        if (!File.Exists(path))
            throw new BundleException($"'{folder}' is not a bundle: it has no {BundleFormat.Description}.");
        return BundleFormat.Parse(new BinaryData(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)), folder);
    }

    /// <summary>The full path of a file of a bundle, whose content has been checked.</summary>
    /// <exception cref="BundleException">The bundle does not have it, or it was changed.</exception>
    public static async Task<string> FileAsync(Bundle bundle, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        var where = bundle.Folder;
        if (!bundle.Description.Files.TryGetValue(name, out var expected))
            throw new BundleException($"The bundle '{where}' is incomplete: its {BundleFormat.Description} does not name {name}.");
        // The description may be anyone's: it leads to no file outside the bundle.
        if (name != Path.GetFileName(name)) throw new BundleException($"The bundle '{where}' names the file '{name}', which is no name within it.");
        var path = bundle.Locate is null ? Path.Combine(where, name) : await bundle.Locate(name, cancellationToken).ConfigureAwait(false);
        if (!File.Exists(path))
            throw new BundleException($"The bundle '{where}' is incomplete: it has no {name}.");
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
        var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));
        if (actual != expected)
        {
            throw new BundleException(
                $"The {name} of the bundle '{where}' was changed or damaged: its SHA-256 is {actual}, where {expected} was written.");
        }

        return path;
    }
}
