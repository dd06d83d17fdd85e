using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace OrleansTransfer.Storage;

/// <summary>
/// Blobs in a container of Azure Blob Storage or of a service that speaks its protocol. Failures of the service surface as
/// <see cref="IOException"/>.
/// </summary>
public sealed class AzureBlobContainer : IBlobContainer
{
    /// <summary>Metadata that identifies one call of <see cref="WriteAsync"/>.</summary>
    private const string WriterKey = "writer";

    /// <summary>How often a download starts again because the blob was replaced meanwhile.</summary>
    private const int DownloadAttempts = 3;

    /// <summary>At most 4 ranges of 8 MiB in flight per download.</summary>
    private static readonly StorageTransferOptions Transfer = new()
    {
        InitialTransferSize = 8 << 20,
        MaximumTransferSize = 8 << 20,
        MaximumConcurrency = 4,
    };

    /// <summary>One download to disk at a time per process: each already uses several connections.</summary>
    private static readonly SemaphoreSlim Downloads = new(1, 1);

    private readonly BlobContainerClient _container;
    private readonly bool _createIfMissing;
    private volatile bool _exists;

    /// <summary>Uses a client made elsewhere; see <see cref="ClientOptions"/> for the options it should have.</summary>
    /// <param name="container">The client.</param>
    /// <param name="createIfMissing">Whether the first write creates the container, which a token limited to one container may not do.</param>
    public AzureBlobContainer(BlobContainerClient container, bool createIfMissing = true)
    {
        ArgumentNullException.ThrowIfNull(container);
        _container = container;
        _createIfMissing = createIfMissing;
        // Without the query, which holds the signature of a shared access URL.
        Description = container.Uri.GetLeftPart(UriPartial.Path);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>Opens a container of the account that a connection string names; the first write creates it if it is missing.</summary>
    public static AzureBlobContainer Create(string connectionString, string containerName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ArgumentException.ThrowIfNullOrWhiteSpace(containerName);
        try
        {
            return new AzureBlobContainer(new BlobContainerClient(connectionString, containerName, ClientOptions()));
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"The Azure connection string cannot be read: {e.Message}", nameof(connectionString), e);
        }
    }

    /// <summary>Opens an existing container by its URL with a shared access signature.</summary>
    public static AzureBlobContainer Create(Uri containerUri)
    {
        ArgumentNullException.ThrowIfNull(containerUri);
        return new AzureBlobContainer(new BlobContainerClient(containerUri, ClientOptions()), createIfMissing: false);
    }

    /// <summary>Opens an existing container by its URL, signed in.</summary>
    /// <exception cref="ArgumentException">The URL is not an https one: a token is never sent in the open.</exception>
    public static AzureBlobContainer Create(Uri containerUri, TokenCredential credential)
    {
        ArgumentNullException.ThrowIfNull(containerUri);
        return new AzureBlobContainer(new BlobContainerClient(containerUri, credential, ClientOptions()), createIfMissing: false);
    }

    /// <summary>A protocol version that services of the last year know, five retries from half a second to ten, 100 seconds per request.</summary>
    public static BlobClientOptions ClientOptions() => new(BlobClientOptions.ServiceVersion.V2025_11_05)
    {
        Retry =
        {
            Mode = RetryMode.Exponential,
            MaxRetries = 5,
            Delay = TimeSpan.FromMilliseconds(500),
            MaxDelay = TimeSpan.FromSeconds(10),
            NetworkTimeout = TimeSpan.FromSeconds(100),
        },
    };

    /// <inheritdoc/>
    public async Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        try
        {
            var response = await blob.DownloadStreamingAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return response.Value.Content;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (Exception e) when (IsService(e))
        {
            throw Unusable(e);
        }
    }

    /// <inheritdoc/>
    public async Task<(BinaryData Content, string ETag)?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        try
        {
            var response = await blob.DownloadContentAsync(cancellationToken).ConfigureAwait(false);
            return (response.Value.Content, Text(response.Value.Details.ETag));
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (Exception e) when (IsService(e))
        {
            throw Unusable(e);
        }
    }

    /// <inheritdoc/>
    public async Task<string> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        ArgumentNullException.ThrowIfNull(content);
        var writer = Guid.NewGuid().ToString("N");
        var metadata = new Dictionary<string, string> { [WriterKey] = writer };
        try
        {
            await EnsureContainerAsync(cancellationToken).ConfigureAwait(false);
            return Text(await BlockUpload.WriteAsync(blob, content, Conditions(condition), metadata, cancellationToken).ConfigureAwait(false));
        }
        catch (RequestFailedException e) when (IsConflict(e))
        {
            // When an answer is lost the client sends the request again, and the second meets what the first has written.
            return await TagIfWrittenByAsync(blob, writer, cancellationToken).ConfigureAwait(false) ?? throw new BlobConflictException(name, e);
        }
        catch (Exception e) when (IsService(e))
        {
            throw Unusable(e);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        if (condition.MustBeNew)
            throw new ArgumentException("A blob that must not exist cannot be deleted.", nameof(condition));
        try
        {
            await blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, Conditions(condition), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
        catch (RequestFailedException e) when (IsConflict(e))
        {
            // A condition on a missing blob fails too.
            return await ExistsAsync(blob, cancellationToken).ConfigureAwait(false) ? throw new BlobConflictException(name, e) : false;
        }
        catch (Exception e) when (IsService(e))
        {
            throw Unusable(e);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BlobName.ValidatePrefix(prefix);
        var options = new GetBlobsOptions { Prefix = prefix };
        await using var items = _container.GetBlobsAsync(options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync().ConfigureAwait(false))
                    yield break;
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                yield break; // No container yet: nothing to list.
            }
            catch (Exception e) when (IsService(e))
            {
                throw Unusable(e);
            }

            var properties = items.Current.Properties;
            yield return new BlobEntry(
                items.Current.Name,
                properties.ContentLength ?? 0,
                Text(properties.ETag ?? default),
                properties.LastModified ?? DateTimeOffset.MinValue);
        }
    }

    /// <summary>
    /// Downloads the blob to a file of <paramref name="cacheFolder"/> whose name depends on its content's tag, or finds it there. The folder
    /// belongs to the caller, who may delete files of it that are not in use.
    /// </summary>
    public async Task<string?> MaterializeAsync(string name, string cacheFolder, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(cacheFolder);
        await Downloads.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await DownloadAsync(blob, cacheFolder, cancellationToken).ConfigureAwait(false);
                }
                catch (RequestFailedException e) when (e.Status == 412 && attempt < DownloadAttempts)
                {
                    // Replaced since its tag was read: take the new one.
                }
            }
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (Exception e) when (IsService(e))
        {
            throw Unusable(e);
        }
        finally
        {
            Downloads.Release();
        }
    }

    private static async Task<string> DownloadAsync(BlockBlobClient blob, string cacheFolder, CancellationToken cancellationToken)
    {
        var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
        var identity = SHA256.HashData(Encoding.UTF8.GetBytes($"{blob.Uri.GetLeftPart(UriPartial.Path)} {Text(properties.ETag)}"));
        var path = Path.Combine(Path.GetFullPath(cacheFolder), $"{Convert.ToHexStringLower(identity)[..32]}-{Path.GetFileName(blob.Name)}");
        if (new FileInfo(path) is { Exists: true } cached && cached.Length == properties.ContentLength)
            return path;
        Directory.CreateDirectory(cacheFolder);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            var options = new BlobDownloadToOptions
            {
                Conditions = new BlobRequestConditions { IfMatch = properties.ETag },
                TransferOptions = Transfer,
            };
            await using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                await blob.DownloadToAsync(file, options, cancellationToken).ConfigureAwait(false);
                // A power cut must not leave a file of the right length and the wrong content behind this name.
                await Task.Run(() => file.Flush(flushToDisk: true), cancellationToken).ConfigureAwait(false);
            }

            File.Move(partial, path, overwrite: true);
            return path;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static async Task<string?> TagIfWrittenByAsync(BlockBlobClient blob, string writer, CancellationToken cancellationToken)
    {
        try
        {
            var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
            return properties.Metadata.TryGetValue(WriterKey, out var actual) && actual == writer ? Text(properties.ETag) : null;
        }
        catch (Exception e) when (IsService(e))
        {
            return null; // Deleted since, or not to be known: the conflict stands.
        }
    }

    private async Task<bool> ExistsAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            return await blob.ExistsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsService(e))
        {
            throw Unusable(e);
        }
    }

    private async Task EnsureContainerAsync(CancellationToken cancellationToken)
    {
        if (!_createIfMissing || _exists)
            return;
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        _exists = true;
    }

    private static BlobRequestConditions? Conditions(BlobCondition condition) => condition switch
    {
        { MustBeNew: true } => new BlobRequestConditions { IfNoneMatch = ETag.All },
        { ETag: { } tag } => new BlobRequestConditions { IfMatch = new ETag(tag) },
        _ => null,
    };

    /// <summary>A failed condition is 412, except that writing over a blob that must be new is 409 with a code of its own.</summary>
    private static bool IsConflict(RequestFailedException e) =>
        e.Status == 412 || (e.Status == 409 && e.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    /// <summary>Retries that all failed surface as <see cref="AggregateException"/>.</summary>
    private static bool IsService(Exception e) => e is RequestFailedException or AggregateException or AuthenticationFailedException;

    private IOException Unusable(Exception e) => e switch
    {
        RequestFailedException { Status: > 0 } failed => new($"The blob container '{Description}' answered {failed.Status} {failed.ErrorCode}.", e),
        AuthenticationFailedException => new($"Signing in for the blob container '{Description}' failed: {FirstLine(e.Message)}", e),
        _ => new($"The blob container '{Description}' cannot be reached: {e.GetBaseException().Message}", e),
    };

    // What follows lists every credential that was tried.
    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd();

    /// <summary>Listings give tags without quotes, answers with: the header's form is used throughout.</summary>
    private static string Text(ETag tag) => tag.ToString("H");

    private BlockBlobClient BlobOf(string name)
    {
        BlobName.Validate(name);
        return _container.GetBlockBlobClient(name);
    }
}
