using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Gateway;

namespace OrleansTransfer.Cli.Api;

/// <summary>Copies the files of a bundle into a folder.</summary>
internal static class BundleDownload
{
    /// <summary>Copies all files and returns them. A file appears under its name only once it is whole.</summary>
    /// <param name="reader">Where the bundle is.</param>
    /// <param name="experiment">Whose bundle.</param>
    /// <param name="folder">Created if need be.</param>
    /// <param name="overwrite">Whether files that are there may be replaced.</param>
    /// <param name="cancellationToken">Stops the copy.</param>
    /// <exception cref="CliException">There is no bundle yet, or a file is in the way.</exception>
    public static async Task<IReadOnlyList<BundleFile>> RunAsync(
        IExperimentReader reader, ExperimentSnapshot experiment, string folder, bool overwrite, CancellationToken cancellationToken)
    {
        if (experiment.State != ExperimentState.Completed)
            throw new CliException($"{experiment.Id} has no bundle: it is {experiment.State}, and a bundle is made when a run completes.");

        var files = await reader.ListBundleAsync(experiment.Id, cancellationToken);
        if (files.Count == 0) throw new CliException($"The bundle of {experiment.Id} has no files; it was removed from the state.");
        foreach (var file in files)
        {
            // The names come over the network: they must not lead out of the folder.
            if (Path.GetFileName(file.Name) != file.Name || file.Name is "." or "..")
                throw new CliException(
                    $"The bundle of {experiment.Id} lists a file named '{file.Name}', which is not a plain file name.", ExitCodes.Failed);
            if (!overwrite && File.Exists(Path.Combine(folder, file.Name)))
                throw new CliException($"'{Path.Combine(folder, file.Name)}' exists; choose another folder, or replace it with --force.");
        }

        try
        {
            Directory.CreateDirectory(folder);
            foreach (var file in files) await CopyAsync(reader, experiment.Id, file, Path.Combine(folder, file.Name), cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The bundle cannot be copied to '{folder}': {error.Message}", inner: error);
        }
        return files;
    }

    private static async Task CopyAsync(IExperimentReader reader, string id, BundleFile file, string path, CancellationToken cancellationToken)
    {
        var partial = path + ".partial";
        try
        {
            await using (var source = await reader.OpenBundleFileAsync(id, file.Name, cancellationToken))
            await using (var target = File.Create(partial))
            {
                await source.CopyToAsync(target, cancellationToken);
                if (target.Length != file.Size)
                    throw new IOException($"'{file.Name}' has {file.Size} bytes, {target.Length} arrived.");
            }
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
