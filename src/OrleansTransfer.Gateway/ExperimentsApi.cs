using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Gateway;

/// <summary>Submit, list, show, cancel and resume experiments.</summary>
internal static class ExperimentsApi
{
    public static void MapExperiments(this RouteGroupBuilder api)
    {
        api.MapPost("/experiments", SubmitAsync);
        api.MapGet("/experiments", async (IExperimentService experiments, CancellationToken cancellationToken) =>
            ApiAnswers.Json(await experiments.ListAsync(cancellationToken)));
        api.MapGet("/experiments/{id}", async (string id, IExperimentService experiments, CancellationToken cancellationToken) =>
            ApiAnswers.Json(await experiments.FindAsync(id, cancellationToken)));
        api.MapPost("/experiments/{id}/cancel", async (string id, IExperimentService experiments, CancellationToken cancellationToken) =>
            ApiAnswers.Json(await experiments.CancelAsync(id, cancellationToken)));
        api.MapPost("/experiments/{id}/resume", ResumeAsync);
    }

    private static async Task<IResult> SubmitAsync(HttpRequest request, IExperimentService experiments, CancellationToken cancellationToken)
    {
        var recipe = await JsonBody.ReadAsync<Recipe>(request, cancellationToken);
        var experiment = await experiments.SubmitAsync(recipe, cancellationToken);
        request.HttpContext.Response.Headers.Location = $"{request.Path}/{experiment.Id}";
        return ApiAnswers.Json(experiment, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ResumeAsync(
        string id, HttpRequest request, IExperimentService experiments, CancellationToken cancellationToken)
    {
        var resume = request.ContentLength == 0 ? new ResumeRequest(null) : await JsonBody.ReadAsync<ResumeRequest>(request, cancellationToken);
        return ApiAnswers.Json(await experiments.ResumeAsync(id, resume.Epochs, cancellationToken));
    }
}

/// <summary>Body of a request to resume an experiment.</summary>
/// <param name="Epochs">New total of epochs, or null to keep the recipe's.</param>
public sealed record ResumeRequest(int? Epochs);
