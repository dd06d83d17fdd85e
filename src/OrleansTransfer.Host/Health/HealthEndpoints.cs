using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansTransfer.Host.Health;

/// <summary><c>/health/live</c>, which asks nothing beyond this process, and <c>/health/ready</c>.</summary>
internal static class HealthEndpoints
{
    public const string Live = "/health/live";

    public const string Ready = "/health/ready";

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Live, () => Results.Text("live")).AllowAnonymous();
        endpoints.MapGet(Ready, async (Readiness readiness, CancellationToken cancellationToken) =>
            await readiness.CheckAsync(cancellationToken) is { } reason
                ? Results.Text(reason, statusCode: StatusCodes.Status503ServiceUnavailable)
                : Results.Text("ready")).AllowAnonymous();
    }
}
