using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace OrleansTransfer.Storage;

/// <summary>
/// Grain state as JSON blobs <c>grains/{type}/{key}/{state}.json</c>. A write or clear needs the tag of the last read or write: of two
/// activations of one grain, the one that lost the race gets an <see cref="InconsistentStateException"/>, upon which Orleans deactivates it.
/// </summary>
public sealed class BlobGrainStorage(IBlobContainer container, IActivatorProvider activators) : IGrainStorage
{
    /// <summary>File names have at most 255 bytes on common file systems; this leaves room for a suffix.</summary>
    private const int LongestPart = 200;

    /// <summary>Name of the blob that holds a grain's state, for those who look at it without waking the grain.</summary>
    public static string NameOf(string grainType, string key, string stateName) => $"grains/{Escape(grainType)}/{Escape(key)}/{Escape(stateName)}.json";

    /// <summary>Reads a state without waking its grain; null if there is none.</summary>
    public static async Task<T?> PeekAsync<T>(
        IBlobContainer container, string grainType, string key, string stateName, CancellationToken cancellationToken)
        where T : class =>
        await container.ReadAsync(NameOf(grainType, key, stateName), cancellationToken).ConfigureAwait(false) is { } found
            ? found.Content.ToObjectFromJson<T>(StorageJson.GrainState)
            : null;

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var name = NameOf(stateName, grainId);
        if (await container.ReadAsync(name, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            Reset(grainState);
            return;
        }

        try
        {
            grainState.State = found.Content.ToObjectFromJson<T>(StorageJson.GrainState) ?? activators.GetActivator<T>().Create();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The state '{name}' in '{container.Description}' cannot be read as {typeof(T).Name}: {e.Message}", e);
        }

        grainState.ETag = found.ETag;
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var name = NameOf(stateName, grainId);
        var content = BinaryData.FromObjectAsJson(grainState.State, StorageJson.GrainState);
        var condition = grainState.ETag is { } tag ? BlobCondition.IfMatch(tag) : BlobCondition.IfNew;
        try
        {
            grainState.ETag = await container.WriteAsync(name, content.ToStream(), condition, cancellationToken).ConfigureAwait(false);
            grainState.RecordExists = true;
        }
        catch (BlobConflictException e)
        {
            throw Inconsistent(name, grainState.ETag, e);
        }
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var name = NameOf(stateName, grainId);
        if (grainState.ETag is { } tag)
        {
            try
            {
                await container.DeleteAsync(name, BlobCondition.IfMatch(tag), cancellationToken).ConfigureAwait(false);
            }
            catch (BlobConflictException e)
            {
                throw Inconsistent(name, tag, e);
            }
        }
        else if (await container.ReadAsync(name, cancellationToken).ConfigureAwait(false) is not null)
        {
            throw Inconsistent(name, null, new BlobConflictException(name));
        }

        Reset(grainState);
    }

    private void Reset<T>(IGrainState<T> grainState)
    {
        grainState.State = activators.GetActivator<T>().Create();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private static InconsistentStateException Inconsistent(string name, string? eTag, BlobConflictException e) =>
        new($"The grain state '{name}' was changed by another activation.", "unknown", eTag ?? "none", e);

    private static string NameOf(string stateName, GrainId grainId) => NameOf(grainId.Type.ToString()!, grainId.Key.ToString()!, stateName);

    /// <summary>
    /// Keeps letters, digits, '-' and '_' and writes every other byte of the UTF-8 form as '%' and two digits, so that different keys never
    /// share a name; a long one ends in its SHA-256 instead. The result cannot contain a '/' or be '.' or '..'.
    /// </summary>
    private static string Escape(string part)
    {
        var bytes = Encoding.UTF8.GetBytes(part);
        var escaped = new StringBuilder(bytes.Length);
        foreach (var value in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'_')
                escaped.Append((char)value);
            else
                escaped.Append('%').Append(value.ToString("X2"));
        }

        // A lone '%' stands for the empty key, and '%~' never occurs otherwise.
        if (escaped.Length == 0)
            return "%";
        return escaped.Length <= LongestPart ? escaped.ToString() : $"{escaped.ToString(0, 100)}%~{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
    }
}
