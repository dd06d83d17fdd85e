using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;
using OrleansTransfer.Cluster;

namespace OrleansTransfer.Host.Traces;

/// <summary>Sends traces of steps to a collector, where one is named.</summary>
internal static class NodeTraces
{
    private const string Path = "v1/traces";

    // What is left is sent when a node stops: one whose collector does not answer must not take longer to leave than others.
    private const int PatienceMilliseconds = 2000;

    public static IServiceCollection AddNodeTraces(this IServiceCollection services, NodeOptions options)
    {
        if (options.TraceEndpoint is not { } endpoint) return services;
        services.AddOpenTelemetry().WithTracing(traces => traces
            .AddSource(StepTraces.SourceName)
            // By the trace's id, which all workers of a step give it: they sample the same steps.
            .SetSampler(new TraceIdRatioBasedSampler(options.TraceRatio))
            .AddOtlpExporter(exporter =>
            {
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.TimeoutMilliseconds = PatienceMilliseconds;
                exporter.Endpoint = new Uri(endpoint.ToString().TrimEnd('/') + "/" + Path);
            }));
        return services;
    }
}
