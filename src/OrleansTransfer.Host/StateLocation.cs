using OrleansTransfer.Storage;

namespace OrleansTransfer.Host;

/// <summary>The container of a node and the local folder beside it.</summary>
internal static class StateLocation
{
    /// <summary>Opens the container and makes sure that it can be written.</summary>
    /// <exception cref="NodeStartException">It cannot.</exception>
    public static async Task<IBlobContainer> OpenAsync(string location, CancellationToken cancellationToken)
    {
        try
        {
            var container = BlobContainers.Open(location);
            var probe = $"probe-{Guid.NewGuid():N}";
            using var nothing = new MemoryStream();
            await container.WriteAsync(probe, nothing, BlobCondition.None, cancellationToken);
            await container.DeleteAsync(probe, BlobCondition.None, cancellationToken);
            return container;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new NodeStartException(
                $"The state location '{Shown(location)}' cannot be written: {exception.Message.TrimEnd('.')}. Choose another one with --state.",
                exception);
        }
    }

    /// <summary>Where files fetched from the container are kept on this machine.</summary>
    public static string CacheFolder(string location) => IsRemote(location)
        ? Path.Combine(Path.GetTempPath(), $"orleanstransfer-{Environment.UserName}", "cache")
        : Path.Combine(Path.GetFullPath(location), "cache");

    /// <summary>The folder that is the container, or null where the container is elsewhere.</summary>
    public static string? LocalFolder(string location) => IsRemote(location) ? null : Path.GetFullPath(location);

    private static bool IsRemote(string location) => location.StartsWith("azure:", StringComparison.OrdinalIgnoreCase);

    // What follows the first semicolon or question mark of a remote location may be a secret.
    private static string Shown(string location) => IsRemote(location) ? location.Split(';', '?')[0] : location;
}
