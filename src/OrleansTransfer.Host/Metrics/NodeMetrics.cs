using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OrleansTransfer.Cluster;

namespace OrleansTransfer.Host.Metrics;

/// <summary>The Prometheus page of a node.</summary>
internal static class NodeMetrics
{
    /// <summary>Where the page is.</summary>
    public const string Path = "/metrics";

    private const string OrleansMeter = "Microsoft.Orleans";

    // Garbage collection, thread pool, locks and exceptions; requests by route and status.
    private static readonly string[] s_platformMeters = ["System.Runtime", "Microsoft.AspNetCore.Hosting"];

    public static IServiceCollection AddNodeMetrics(this IServiceCollection services, string node)
    {
        ProcessInstruments.Start();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.Clear().AddService("orleanstransfer", serviceInstanceId: node))
            .WithMetrics(metrics => metrics
                .AddMeter([Instruments.MeterName, ProcessInstruments.MeterName, OrleansMeter, .. s_platformMeters])
                .AddView(Adapt)
                .AddPrometheusExporter());
        return services;
    }

    public static void MapNodeMetrics(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path.Equals(Path, StringComparison.Ordinal), page => page.UseMiddleware<RunningExperimentGauges>());
        app.UseOpenTelemetryPrometheusScrapingEndpoint(Path);
    }

    /// <summary>
    /// Makes Orleans' own instruments follow Prometheus' conventions, so that the page as a whole passes its checks: they lack descriptions, some
    /// count in milliseconds and megabytes (those are left out), and some carry labels in camel case, among them other nodes' addresses, of which
    /// there is no end (those are summed over). Three of .NET's have names that Prometheus keeps for histograms; they are left out.
    /// </summary>
    private static MetricStreamConfiguration? Adapt(Instrument instrument)
    {
        if (instrument.Name is "dotnet.assembly.count" or "dotnet.process.cpu.count" or "dotnet.timer.count") return MetricStreamConfiguration.Drop;
        if (instrument.Meter.Name != OrleansMeter) return null;
        if (instrument.Unit is "ms" or "MB") return MetricStreamConfiguration.Drop;
        var adapted = new MetricStreamConfiguration { Description = instrument.Description ?? $"Orleans' own {instrument.Name}." };
        if (instrument.Name.EndsWith("-messages-size", StringComparison.Ordinal) || instrument.Name.Contains("-pings-", StringComparison.Ordinal))
            adapted.TagKeys = [];
        return adapted;
    }
}
