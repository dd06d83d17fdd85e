using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Gateway;

/// <summary>An experiment's history as server-sent events.</summary>
internal static class EventsApi
{
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(3);

    public static void MapEvents(this RouteGroupBuilder api) => api.MapGet("/experiments/{id}/events", StreamAsync);

    private static async Task<IResult> StreamAsync(
        string id,
        long? from,
        bool? follow,
        HttpContext context,
        [FromServices] IExperimentService experiments,
        [FromServices] IHostApplicationLifetime lifetime)
    {
        // A node that shuts down ends its streams; a connection that stays open would hold the shutdown up.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var experiment = await experiments.FindAsync(id, ended.Token);
        var first = LastEventId(context.Request) + 1 ?? from ?? 1;

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        await context.Response.StartAsync(ended.Token);
        try
        {
            await WriteAsync(context.Response, experiments.ReadEventsAsync(experiment.Id, first, follow ?? false, ended.Token), ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The reader left or the node stops: nobody to tell.
        }
        catch (Exception exception) when (ApiFaults.IsClusterTrouble(exception))
        {
            var error = JsonSerializer.Serialize(new ErrorMessage(ApiFaults.Describe(exception)), ApiJson.Options);
            await context.Response.WriteAsync($"event: error\ndata: {error}\n\n", context.RequestAborted);
        }

        return Results.Empty;
    }

    private static async Task WriteAsync(HttpResponse response, IAsyncEnumerable<ExperimentEvent> events, CancellationTokenSource ended)
    {
        var cancellationToken = ended.Token;
        var enumerator = events.GetAsyncEnumerator(cancellationToken);
        var next = Task.FromResult(false);
        try
        {
            while (true)
            {
                next = enumerator.MoveNextAsync().AsTask();
                // Nothing at hand: let the reader have what was written before waiting.
                if (!next.IsCompleted) await response.Body.FlushAsync(cancellationToken);
                while (!next.IsCompleted && await Task.WhenAny(next, Task.Delay(s_keepAlive, cancellationToken)) != next)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await response.WriteAsync(": keep-alive\n\n", cancellationToken);
                }

                if (!await next) break;
                var data = JsonSerializer.Serialize(enumerator.Current, ApiJson.Options);
                await response.WriteAsync(
                    string.Create(CultureInfo.InvariantCulture, $"id: {enumerator.Current.Sequence}\ndata: {data}\n\n"), cancellationToken);
            }
        }
        finally
        {
            // An async iterator cannot be disposed while it runs: after a failed write, wait for it to notice the end.
            if (!next.IsCompleted)
            {
                await ended.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await enumerator.DisposeAsync();
        }
    }

    private static long? LastEventId(HttpRequest request) =>
        long.TryParse(request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
