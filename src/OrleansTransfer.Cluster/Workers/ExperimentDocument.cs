using System.Text.Json;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>Documents of JSON that are written once, with an experiment, and read by all its workers.</summary>
internal static class ExperimentDocument
{
    /// <summary>Reads one.</summary>
    /// <param name="container">Where experiments are.</param>
    /// <param name="name">Of its blob.</param>
    /// <param name="what">What is in it, for the message when it is gone.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static async Task<T> ReadAsync<T>(IBlobContainer container, string name, string what, CancellationToken cancellationToken)
    {
        await using var stream = await container.OpenReadAsync(name, cancellationToken)
            ?? throw new InvalidDataException($"{container.Description} holds no {name}: {what}.");
        return await JsonSerializer.DeserializeAsync<T>(stream, JsonSerializerOptions.Web, cancellationToken)
            ?? throw new InvalidDataException($"{name} is empty.");
    }

    /// <summary>Writes one that is not there yet.</summary>
    public static async Task WriteAsync<T>(IBlobContainer container, string name, T document, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(document, JsonSerializerOptions.Web));
        await container.WriteAsync(name, stream, BlobCondition.IfNew, cancellationToken);
    }
}
