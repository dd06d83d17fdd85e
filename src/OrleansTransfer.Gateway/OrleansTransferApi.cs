using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansTransfer.Gateway;

/// <summary>The HTTP API of a node.</summary>
public static class OrleansTransferApi
{
    /// <summary>
    /// Maps everything under <c>/api/v1</c>. Needs an <see cref="Cluster.Experiments.IExperimentService"/>, an <see
    /// cref="Cluster.Sweeps.ISweepService"/>, an <see cref="Storage.IBlobContainer"/>
    /// and an <see cref="IGrainFactory"/> among the services.
    /// </summary>
    public static IEndpointRouteBuilder MapOrleansTransferApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1").AddEndpointFilter<RouteGroupBuilder, ApiFaults>();
        api.MapExperiments();
        api.MapEvents();
        api.MapBundle();
        api.MapCluster();
        api.MapSweeps();
        return endpoints;
    }
}
