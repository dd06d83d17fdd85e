using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Gateway;

/// <summary>Nodes, devices and queue.</summary>
internal static class ClusterApi
{
    public static void MapCluster(this RouteGroupBuilder api) =>
        api.MapGet("/cluster", async ([FromServices] IGrainFactory grains) =>
            ApiAnswers.Json(await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus()));
}
