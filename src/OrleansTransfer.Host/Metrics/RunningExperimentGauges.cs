using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansTransfer.Cluster;

namespace OrleansTransfer.Host.Metrics;

/// <summary>
/// Appends the gauges of running experiments to the Prometheus page. They are written here because OpenTelemetry exports a label value for ever once
/// it has seen it, and an experiment's id must not outlive its run.
/// </summary>
internal sealed class RunningExperimentGauges(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // The plain text format: the other one ends with a marker after which nothing may follow.
        context.Request.Headers.Accept = "text/plain";
        // Nor may anything follow what was compressed.
        context.Request.Headers.AcceptEncoding = "identity";
        await next(context);
        if (context.Response.StatusCode == StatusCodes.Status200OK)
            await context.Response.WriteAsync(Write(Instruments.RunningExperiments), context.RequestAborted);
    }

    internal static string Write(IReadOnlyCollection<RunningExperiment> experiments)
    {
        var page = new StringBuilder();
        Family(page, Instruments.ExperimentInfoName, "1 for each running experiment, with what it is.", experiments, _ => 1,
            running => $",backbone=\"{Escape(running.Backbone)}\",method=\"{Escape(running.Method)}\",workers=\"{running.Workers}\"");
        Family(page, Instruments.ExperimentLossName, "Newest training loss.", experiments, running => running.Loss);
        Family(page, Instruments.ExperimentAccuracyName, "Newest validation accuracy.", experiments, running => running.Accuracy);
        Family(page, Instruments.ExperimentProgressName, "Share of the run's steps that are done.", experiments, running => running.Progress);
        Family(page, Instruments.ExperimentCheckpointName, "Unix time of the newest checkpoint; before the first, of the run's start.",
            experiments, running => running.Checkpointed?.ToUnixTimeMilliseconds() / 1000.0);
        Lateness(page, experiments);
        return page.ToString();
    }

    private static void Lateness(StringBuilder page, IReadOnlyCollection<RunningExperiment> experiments)
    {
        if (experiments.All(running => running.Lateness is not { Count: > 0 })) return;
        const string name = Instruments.ExperimentLatenessName;
        page.Append(CultureInfo.InvariantCulture, $"# HELP {name} Seconds per step that the other ranks wait for a rank.\n# TYPE {name} gauge\n");
        foreach (var running in experiments)
            foreach (var (rank, seconds) in (running.Lateness ?? []).Index())
                page.Append(CultureInfo.InvariantCulture, $"{name}{{experiment=\"{Escape(running.Id)}\",rank=\"{rank}\"}} {Format(seconds)}\n");
    }

    private static void Family(
        StringBuilder page,
        string name,
        string help,
        IReadOnlyCollection<RunningExperiment> experiments,
        Func<RunningExperiment, double?> value,
        Func<RunningExperiment, string>? labels = null)
    {
        if (experiments.All(running => value(running) is null)) return;
        page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        foreach (var running in experiments)
        {
            if (value(running) is { } number)
            {
                var all = $"experiment=\"{Escape(running.Id)}\"{labels?.Invoke(running)}";
                page.Append(CultureInfo.InvariantCulture, $"{name}{{{all}}} {Format(number)}\n");
            }
        }
    }

    private static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string label) => label
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);
}
