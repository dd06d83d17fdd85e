using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Gateway;

namespace OrleansTransfer.Cli.Tests;

/// <summary>The part of the HTTP API that is about sweeps, with sweeps that a test makes up.</summary>
internal sealed class FakeSweeps
{
    /// <summary>All sweeps, newest first.</summary>
    public List<SweepSnapshot> All { get; } = [];

    /// <summary>What the first sweep is when it is looked at next, and next after that; it stays what it was last.</summary>
    public Queue<SweepSnapshot> Looks { get; } = [];

    /// <summary>Called after each look with their number.</summary>
    public Action<int> OnLook { get; set; } = _ => { };

    /// <summary>Looks whose connection breaks, from 1.</summary>
    public Func<int, bool> BreaksAt { get; set; } = _ => false;

    /// <summary>What a start, resumption or addition is refused for.</summary>
    public IReadOnlyList<RecipeProblem> Refusal { get; set; } = [];

    public SweepPreview? Preview { get; set; }

    public SweepRequest? Started { get; private set; }

    public ResumeSweepRequest? Resumed { get; private set; }

    public IReadOnlyDictionary<string, string>? Added { get; private set; }

    public void Map(RouteGroupBuilder api)
    {
        var looks = 0;
        api.MapGet("/sweeps", () => Json(All));
        api.MapPost("/sweeps", async (HttpRequest request) =>
        {
            Started = await JsonSerializer.DeserializeAsync<SweepRequest>(request.Body, ApiJson.Strict);
            return Refusal.Count > 0 ? Json(new ProblemList(Refusal), 400) : Json(All[0], 201);
        });
        api.MapPost("/sweeps/plan", async (HttpRequest request) =>
        {
            Started = await JsonSerializer.DeserializeAsync<SweepRequest>(request.Body, ApiJson.Strict);
            return Refusal.Count > 0 ? Json(new ProblemList(Refusal), 400) : Json(Preview);
        });
        api.MapGet("/sweeps/{id}", (string id, HttpContext context) => Known(id, index =>
        {
            var look = Interlocked.Increment(ref looks);
            if (BreaksAt(look))
            {
                context.Abort();
                return Results.Empty;
            }
            if (Looks.TryDequeue(out var next)) All[0] = next;
            OnLook(look);
            return Json(All[index]);
        }));
        api.MapPost("/sweeps/{id}/pause", (string id) => Known(id, index => Json(All[index] = All[index] with { State = SweepState.Paused })));
        api.MapPost("/sweeps/{id}/cancel", (string id) => Known(id, index => Json(All[index] = All[index] with { State = SweepState.Cancelled })));
        api.MapPost("/sweeps/{id}/resume", async (string id, HttpRequest request) =>
        {
            Resumed = await JsonSerializer.DeserializeAsync<ResumeSweepRequest>(request.Body, ApiJson.Strict);
            return Known(id, index => Refusal.Count > 0 ? Json(new ProblemList(Refusal), 400) : Json(All[index]));
        });
        api.MapPost("/sweeps/{id}/trials", async (string id, HttpRequest request) =>
        {
            Added = (await JsonSerializer.DeserializeAsync<AddTrialRequest>(request.Body, ApiJson.Strict))!.Parameters;
            return Known(id, index => Refusal.Count > 0 ? Json(new ProblemList(Refusal), 400) : Json(All[index] with { Waiting = 1 }));
        });
    }

    private IResult Known(string id, Func<int, IResult> answer)
    {
        var found = All.FindAll(sweep => sweep.Id.StartsWith(id, StringComparison.Ordinal));
        return found.Count == 1
            ? answer(All.IndexOf(found[0]))
            : Json(new ErrorMessage(found.Count == 0 ? $"There is no sweep '{id}'." : $"'{id}' could be any of several sweeps."), 404);
    }

    private static IResult Json<T>(T value, int status = 200) => Results.Json(value, ApiJson.Options, statusCode: status);
}
