using System.Security.Cryptography;

namespace OrleansTransfer.Storage;

/// <summary>Writes a blob from code that fills a stream, through a temporary local file, so that its size never has to fit into memory.</summary>
internal static class StagedUpload
{
    internal static async Task<(long Size, string Sha256)> WriteAsync(
        IBlobContainer container, string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetTempPath(), $"orleanstransfer-{Guid.NewGuid():N}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        await using var file = new FileStream(path, options);
        await write(file, cancellationToken).ConfigureAwait(false);
        file.Position = 0;
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
        file.Position = 0;
        await container.WriteAsync(name, file, BlobCondition.None, cancellationToken).ConfigureAwait(false);
        return (file.Length, sha256);
    }
}
