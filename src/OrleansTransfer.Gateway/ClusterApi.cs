using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Gateway;

/// <summary>Nodes, devices and queue.</summary>
internal static class ClusterApi
{
    public static void MapCluster(this RouteGroupBuilder api) =>
        api.MapGet("/cluster", async ([FromServices] IGrainFactory grains, CancellationToken cancellationToken) =>
            ApiAnswers.Json(await PatientCall.MakeAsync(
                () => grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus(), TimeProvider.System, cancellationToken)));
}
