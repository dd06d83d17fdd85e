using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Gateway;

/// <summary>Plan, start, list, show, pause, resume and cancel sweeps.</summary>
internal static class SweepsApi
{
    public static void MapSweeps(this RouteGroupBuilder api)
    {
        api.MapPost("/sweeps", StartAsync);
        api.MapPost("/sweeps/plan", PlanAsync);
        api.MapGet("/sweeps", async ([FromServices] ISweepService sweeps, CancellationToken token) => ApiAnswers.Json(await sweeps.ListAsync(token)));
        api.MapGet("/sweeps/{id}", async (string id, string? since, [FromServices] ISweepService sweeps, CancellationToken token) =>
            ApiAnswers.Json(await sweeps.FindAsync(id, token, since)));
        api.MapPost("/sweeps/{id}/pause", async (string id, [FromServices] ISweepService sweeps, CancellationToken token) =>
            ApiAnswers.Json(await sweeps.PauseAsync(id, token)));
        api.MapPost("/sweeps/{id}/cancel", async (string id, [FromServices] ISweepService sweeps, CancellationToken token) =>
            ApiAnswers.Json(await sweeps.CancelAsync(id, token)));
        api.MapPost("/sweeps/{id}/resume", ResumeAsync);
        api.MapPost("/sweeps/{id}/trials", AddAsync);
    }

    private static async Task<IResult> PlanAsync(HttpRequest request, [FromServices] ISweepService sweeps, CancellationToken cancellationToken)
    {
        var (recipe, search) = await JsonBody.ReadAsync<SweepRequest>(request, cancellationToken);
        return ApiAnswers.Json(await sweeps.PlanAsync(recipe, search, cancellationToken));
    }

    private static async Task<IResult> StartAsync(HttpRequest request, [FromServices] ISweepService sweeps, CancellationToken cancellationToken)
    {
        var (recipe, search) = await JsonBody.ReadAsync<SweepRequest>(request, cancellationToken);
        var sweep = await sweeps.StartAsync(recipe, search, cancellationToken);
        request.HttpContext.Response.Headers.Location = $"{request.Path}/{sweep.Id}";
        return ApiAnswers.Json(sweep, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ResumeAsync(
        string id, HttpRequest request, [FromServices] ISweepService sweeps, CancellationToken cancellationToken)
    {
        var body = request.ContentLength == 0 ? new ResumeSweepRequest(null) : await JsonBody.ReadAsync<ResumeSweepRequest>(request, cancellationToken);
        return ApiAnswers.Json(await sweeps.ResumeAsync(id, body.Budget, cancellationToken));
    }

    private static async Task<IResult> AddAsync(
        string id, HttpRequest request, [FromServices] ISweepService sweeps, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<AddTrialRequest>(request, cancellationToken);
        return ApiAnswers.Json(await sweeps.AddAsync(id, body.Parameters, cancellationToken));
    }
}

/// <summary>Body of a request to plan or start a sweep.</summary>
/// <param name="Recipe">What trials have in common.</param>
/// <param name="Search">What they differ in.</param>
public sealed record SweepRequest(Recipe Recipe, SearchRecipe Search);

/// <summary>Body of a request to go on with a sweep.</summary>
/// <param name="Budget">The new budget, or null to keep the present one.</param>
public sealed record ResumeSweepRequest(SweepBudgetRecipe? Budget);

/// <summary>Body of a request to add a trial.</summary>
/// <param name="Parameters">Its values by recipe path, as recipes write them.</param>
public sealed record AddTrialRequest(IReadOnlyDictionary<string, string> Parameters);
