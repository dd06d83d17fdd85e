using System.Security.Cryptography;

namespace OrleansTransfer.Storage;

/// <summary>A bundle in a local folder.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="ModelPath">Full path of its <see cref="BundleFormat.Model"/>, whose content has been checked.</param>
/// <param name="Description">Its description.</param>
public sealed record Bundle(string Folder, string ModelPath, BundleDescription Description);

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
        return new Bundle(folder, await FileAsync(folder, description, BundleFormat.Model, cancellationToken).ConfigureAwait(false), description);
    }

    /// <summary>The full path of another file of a bundle, whose content has been checked.</summary>
    /// <exception cref="BundleException">The bundle does not have it, or it was changed.</exception>
    public static Task<string> FileAsync(Bundle bundle, string name, CancellationToken cancellationToken) =>
        FileAsync(bundle.Folder, bundle.Description, name, cancellationToken);

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

    private static async Task<string> FileAsync(string folder, BundleDescription description, string name, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, name);
        if (!description.Files.TryGetValue(name, out var expected))
            throw new BundleException($"The bundle '{folder}' is incomplete: its {BundleFormat.Description} does not name {name}.");
        if (!File.Exists(path))
            throw new BundleException($"The bundle '{folder}' is incomplete: it has no {name}.");
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
        var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));
        if (actual != expected)
        {
            throw new BundleException(
                $"The {name} of the bundle '{folder}' was changed or damaged: its SHA-256 is {actual}, where {expected} was written.");
        }

        return path;
    }
}
