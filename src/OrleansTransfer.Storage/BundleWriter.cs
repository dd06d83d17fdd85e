namespace OrleansTransfer.Storage;

/// <summary>Writes the bundle of an experiment into a container.</summary>
public sealed class BundleWriter(IBlobContainer container, string experimentId)
{
    /// <summary>Writes the files and then the description, to which it adds their hashes. A bundle that was there before is replaced.</summary>
    /// <param name="description">The description; its <see cref="BundleDescription.Files"/> are replaced.</param>
    /// <param name="files">At least <see cref="BundleFormat.Model"/>.</param>
    /// <param name="cancellationToken">Leaves an unfinished bundle, which nobody takes for one.</param>
    /// <returns>The description as written.</returns>
    public async Task<BundleDescription> WriteAsync(
        BundleDescription description, IReadOnlyList<CheckpointFile> files, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(files);
        BlobName.ValidateSingle(experimentId);
        Validate(description, files);
        var prefix = BlobLayout.Bundle(experimentId);
        // First, so that the old description never stands beside new files.
        await container.DeleteAsync(prefix + BundleFormat.Description, BlobCondition.None, cancellationToken).ConfigureAwait(false);
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var (_, sha256) = await StagedUpload.WriteAsync(container, prefix + file.Name, file.Write, cancellationToken).ConfigureAwait(false);
            hashes.Add(file.Name, sha256);
        }

        var written = description with { Files = hashes };
        var json = BinaryData.FromObjectAsJson(written, StorageJson.Options);
        await container.WriteAsync(prefix + BundleFormat.Description, json.ToStream(), BlobCondition.IfNew, cancellationToken).ConfigureAwait(false);
        return written;
    }

    private void Validate(BundleDescription description, IReadOnlyList<CheckpointFile> files)
    {
        if (description.Experiment != experimentId)
            throw new ArgumentException($"The description belongs to '{description.Experiment}', not to '{experimentId}'.", nameof(description));
        if (description.FormatVersion != BundleDescription.CurrentFormatVersion)
            throw new ArgumentException($"Only format version {BundleDescription.CurrentFormatVersion} can be written.", nameof(description));
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { BundleFormat.Description };
        foreach (var file in files)
        {
            BlobName.ValidateSingle(file.Name);
            if (!names.Add(file.Name))
                throw new ArgumentException($"A bundle cannot have two files '{file.Name}'.", nameof(files));
        }

        if (!names.Contains(BundleFormat.Model))
            throw new ArgumentException($"A bundle needs {BundleFormat.Model}.", nameof(files));
    }
}
