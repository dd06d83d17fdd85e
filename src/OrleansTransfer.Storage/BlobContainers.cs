using Azure.Identity;

namespace OrleansTransfer.Storage;

/// <summary>Opens the container that a location in a configuration names.</summary>
public static class BlobContainers
{
    /// <summary>Environment variable with the connection string of locations that contain none, so that secrets stay out of command lines.</summary>
    public const string ConnectionVariable = "OTX_BLOB_CONNECTION";

    private const string AzurePrefix = "azure:";
    private const string ContainerKey = "container=";

    /// <summary>Opens a container. Nothing is read or written yet.</summary>
    /// <param name="location">
    /// One of: a folder's path; <c>azure:container=NAME;</c> followed by a connection string; <c>azure:container=NAME</c> alone, with the connection
    /// string in <see cref="ConnectionVariable"/>; <c>azure:https://...</c>, the URL of an existing container, with its shared access signature or
    /// without one, which signs in as whoever the surroundings say: a workload identity, a managed identity, variables, a developer's tools.
    /// </param>
    /// <exception cref="ArgumentException">The location is none of these.</exception>
    public static IBlobContainer Open(string location)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(location);
        if (!location.StartsWith(AzurePrefix, StringComparison.OrdinalIgnoreCase))
            return new FolderBlobContainer(location);
        var rest = location[AzurePrefix.Length..].Trim();
        if (rest.StartsWith("http", StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(rest, UriKind.Absolute, out var uri))
            return uri.Query.Length > 0 ? AzureBlobContainer.Create(uri) : AzureBlobContainer.Create(uri, new DefaultAzureCredential());
        var settings = rest.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToLookup(IsContainer);
        var container = settings[true].Select(setting => setting[ContainerKey.Length..].Trim()).SingleOrDefault(name => name.Length > 0)
            ?? throw new ArgumentException("An azure: location names its container: azure:container=NAME;CONNECTION-STRING.", nameof(location));
        var connection = settings[false].Any() ? string.Join(';', settings[false]) : Environment.GetEnvironmentVariable(ConnectionVariable);
        if (string.IsNullOrWhiteSpace(connection))
        {
            throw new ArgumentException(
                $"The location 'azure:container={container}' has no connection string: append one after a semicolon, or set {ConnectionVariable}.",
                nameof(location));
        }

        return AzureBlobContainer.Create(connection, container);
    }

    private static bool IsContainer(string setting) => setting.StartsWith(ContainerKey, StringComparison.OrdinalIgnoreCase);
}
