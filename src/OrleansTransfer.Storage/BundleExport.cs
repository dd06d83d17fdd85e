using System.Security.Cryptography;

namespace OrleansTransfer.Storage;

/// <summary>Copies bundles out of a container.</summary>
public static class BundleExport
{
    /// <summary>Copies the bundle of an experiment to a local folder, checking every file on the way. The description comes last.</summary>
    /// <param name="container">Where the bundle is.</param>
    /// <param name="experimentId">Whose bundle it is.</param>
    /// <param name="targetFolder">Created if it is missing. It may be empty or hold an older bundle of the same experiment.</param>
    /// <param name="overwrite">Whether it may hold anything else as well; files of other names are left alone.</param>
    /// <param name="cancellationToken">Leaves a folder that is not a bundle.</param>
    /// <exception cref="BundleException">There is no bundle, a file of it is missing or damaged, or the folder holds something else.</exception>
    public static async Task<BundleDescription> ExportAsync(
        IBlobContainer container, string experimentId, string targetFolder, bool overwrite, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentException.ThrowIfNullOrWhiteSpace(targetFolder);
        BlobName.ValidateSingle(experimentId);
        var prefix = BlobLayout.Bundle(experimentId);
        var json = await container.ReadAsync(prefix + BundleFormat.Description, cancellationToken).ConfigureAwait(false)
            ?? throw new BundleException($"The experiment '{experimentId}' has no bundle.");
        var description = BundleFormat.Parse(json.Content, experimentId);
        targetFolder = Path.GetFullPath(targetFolder);
        if (!overwrite)
            await RefuseForeignContentAsync(experimentId, targetFolder, cancellationToken).ConfigureAwait(false);

        Directory.CreateDirectory(targetFolder);
        var target = Path.Combine(targetFolder, BundleFormat.Description);
        File.Delete(target);
        foreach (var (name, sha256) in description.Files)
        {
            BlobName.ValidateSingle(name);
            await CopyAsync(container, prefix + name, Path.Combine(targetFolder, name), sha256, cancellationToken).ConfigureAwait(false);
        }

        await using (var content = json.Content.ToStream())
            await PlaceAsync(content, target, cancellationToken).ConfigureAwait(false);
        return description;
    }

    private static async Task RefuseForeignContentAsync(string experimentId, string folder, CancellationToken cancellationToken)
    {
        if (File.Exists(folder))
            throw new BundleException($"'{folder}' is a file; a bundle needs a folder.");
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
            return;
        string found;
        try
        {
            var old = await BundleReader.DescribeAsync(folder, cancellationToken).ConfigureAwait(false);
            if (old.Experiment == experimentId)
                return;
            found = $"the bundle of the experiment '{old.Experiment}'";
        }
        catch (BundleException)
        {
            found = "other files";
        }

        throw new BundleException($"The folder '{folder}' already holds {found}. Choose an empty folder, or allow overwriting.");
    }

    private static async Task CopyAsync(IBlobContainer container, string name, string target, string sha256, CancellationToken cancellationToken)
    {
        var source = await container.OpenReadAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new BundleException($"The bundle is incomplete: '{name}' is missing.");
        await using (source.ConfigureAwait(false))
        {
            var actual = await PlaceAsync(source, target, cancellationToken).ConfigureAwait(false);
            if (actual == sha256)
                return;
            File.Delete(target);
            throw new BundleException($"The bundle file '{name}' is damaged: its SHA-256 is {actual}, where {sha256} was written.");
        }
    }

    /// <summary>Writes a file beside its target, renames it, and returns its SHA-256.</summary>
    private static async Task<string> PlaceAsync(Stream content, string target, CancellationToken cancellationToken)
    {
        var partial = $"{target}.partial";
        try
        {
            string sha256;
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.Asynchronous))
            {
                await content.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
                file.Position = 0;
                sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
            }

            File.Move(partial, target, overwrite: true);
            return sha256;
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
