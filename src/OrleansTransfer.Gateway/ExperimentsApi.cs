using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
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
        api.MapGet("/experiments", ListAsync);
        api.MapGet("/experiments/{id}", FindAsync);
        api.MapPost("/experiments/{id}/cancel", CancelAsync);
        api.MapPost("/experiments/{id}/resume", ResumeAsync);
    }

    private static async Task<IResult> ListAsync([FromServices] IExperimentService experiments, CancellationToken cancellationToken) =>
        ApiAnswers.Json(await experiments.ListAsync(cancellationToken));

    private static async Task<IResult> FindAsync(string id, [FromServices] IExperimentService experiments, CancellationToken cancellationToken) =>
        ApiAnswers.Json(await experiments.FindAsync(id, cancellationToken));

    private static async Task<IResult> CancelAsync(string id, [FromServices] IExperimentService experiments, CancellationToken cancellationToken) =>
        ApiAnswers.Json(await experiments.CancelAsync(id, cancellationToken));

    private static async Task<IResult> SubmitAsync(
        HttpRequest request, [FromServices] IExperimentService experiments, CancellationToken cancellationToken)
    {
        var recipe = await JsonBody.ReadAsync<Recipe>(request, cancellationToken);
        var experiment = await experiments.SubmitAsync(recipe, cancellationToken);
        request.HttpContext.Response.Headers.Location = $"{request.Path}/{experiment.Id}";
        return ApiAnswers.Json(experiment, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ResumeAsync(
        string id, HttpRequest request, [FromServices] IExperimentService experiments, CancellationToken cancellationToken)
    {
        var resume = request.ContentLength == 0 ? new ResumeRequest(null) : await JsonBody.ReadAsync<ResumeRequest>(request, cancellationToken);
        return ApiAnswers.Json(await experiments.ResumeAsync(id, resume.Epochs, cancellationToken));
    }
}

/// <summary>Body of a request to resume an experiment.</summary>
/// <param name="Epochs">New total of epochs, or null to keep the recipe's.</param>
public sealed record ResumeRequest(int? Epochs);
