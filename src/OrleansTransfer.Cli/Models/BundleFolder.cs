using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.State;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.Models;

/// <summary>The folder of a bundle that a command works with: the user's own, or a copy that goes with the command.</summary>
internal sealed class BundleFolder : IDisposable
{
    private readonly bool _temporary;

    private BundleFolder(string path, bool temporary) => (Path, _temporary) = (path, temporary);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>
    /// Whether a name is that of a folder that is there. The folder of the pictures is often called what the experiment is: a bare name means a
    /// folder only if a bundle is in it.
    /// </summary>
    public static bool IsFolder(string source) =>
        Directory.Exists(source) && (RecipePaths.IsBundleFolder(source) || File.Exists(System.IO.Path.Combine(source, BundleFormat.Description)));

    /// <summary>The folder itself if <paramref name="source"/> is one, else a copy of the bundle of the experiment of that id.</summary>
    public static async Task<BundleFolder> OpenAsync(string source, Connection connection, CancellationToken cancellationToken)
    {
        if (IsFolder(source)) return new(System.IO.Path.GetFullPath(source), temporary: false);
        if (RecipePaths.IsBundleFolder(source))
            throw new CliException($"There is no folder '{source}'; expected the id of an experiment, or the folder of a bundle.");

        var copy = new BundleFolder(Directory.CreateTempSubdirectory("otx-bundle-").FullName, temporary: true);
        try
        {
            await using var session = await ReadingSession.OpenAsync(connection, cancellationToken);
            var experiment = await session.Reader.FindAsync(source, cancellationToken);
            await BundleDownload.RunAsync(session.Reader, experiment, copy.Path, overwrite: true, cancellationToken);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_temporary) Directory.Delete(Path, recursive: true);
    }
}
