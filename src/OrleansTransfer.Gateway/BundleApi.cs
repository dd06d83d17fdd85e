using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Gateway;

/// <summary>A file of a bundle.</summary>
/// <param name="Name">Name within the bundle.</param>
/// <param name="Size">Bytes.</param>
public sealed record BundleFile(string Name, long Size);

/// <summary>What a bundle consists of.</summary>
public sealed record BundleListing(IReadOnlyList<BundleFile> Files);

/// <summary>The files of a finished experiment's bundle.</summary>
internal static class BundleApi
{
    public static void MapBundle(this RouteGroupBuilder api)
    {
        api.MapGet("/experiments/{id}/bundle", ListAsync);
        api.MapGet("/experiments/{id}/bundle/{**file}", ReadAsync);
    }

    private static async Task<IResult> ListAsync(
        string id, [FromServices] IExperimentService experiments, [FromServices] IBlobContainer container, CancellationToken cancellationToken)
    {
        var experiment = await experiments.FindAsync(id, cancellationToken);
        var prefix = BlobLayout.Bundle(experiment.Id);
        var files = new List<BundleFile>();
        await foreach (var blob in container.ListAsync(prefix, cancellationToken))
            files.Add(new(blob.Name[prefix.Length..], blob.Length));
        return files.Count > 0
            ? ApiAnswers.Json(new BundleListing(files))
            : ApiAnswers.NotFound($"The experiment {experiment.Id} has no bundle yet; it is {experiment.State}.");
    }

    private static async Task<IResult> ReadAsync(
        string id,
        string file,
        [FromServices] IExperimentService experiments,
        [FromServices] IBlobContainer container,
        CancellationToken cancellationToken)
    {
        var experiment = await experiments.FindAsync(id, cancellationToken);
        var prefix = BlobLayout.Bundle(experiment.Id);
        // Only a name that the bundle's own listing contains is opened, so no name can lead outside of it.
        await foreach (var blob in container.ListAsync(prefix, cancellationToken))
        {
            if (blob.Name.Length - prefix.Length != file.Length || !blob.Name.EndsWith(file, StringComparison.Ordinal)) continue;
            if (await container.OpenReadAsync(blob.Name, cancellationToken) is { } content)
                return Results.Stream(content, "application/octet-stream", lastModified: blob.Modified, enableRangeProcessing: content.CanSeek);
        }

        return ApiAnswers.NotFound($"The bundle of {experiment.Id} has no file '{file}'.");
    }
}
