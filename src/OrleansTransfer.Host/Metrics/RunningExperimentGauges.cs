using Microsoft.AspNetCore.Http;
using OrleansTransfer.Cluster;

namespace OrleansTransfer.Host.Metrics;

/// <summary>
/// Appends the gauges of running experiments and sweeps to the Prometheus page. They are written here because OpenTelemetry exports a label value for
/// ever once it has seen it, and an id must not outlive what it is of.
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
            await context.Response.WriteAsync(Write(Instruments.RunningExperiments) + Write(Instruments.RunningSweeps), context.RequestAborted);
    }

    internal static string Write(IReadOnlyCollection<RunningExperiment> experiments)
    {
        var page = new GaugePage();
        Family(Instruments.ExperimentInfoName, "1 for each running experiment, with what it is.", _ => 1,
            running => $",{GaugePage.Label("backbone", running.Backbone)},{GaugePage.Label("method", running.Method)},workers=\"{running.Workers}\"");
        Family(Instruments.ExperimentLossName, "Newest training loss.", running => running.Loss);
        Family(Instruments.ExperimentAccuracyName, "Newest validation accuracy.", running => running.Accuracy);
        Family(Instruments.ExperimentProgressName, "Share of the run's steps that are done.", running => running.Progress);
        Family(Instruments.ExperimentCheckpointName, "Unix time of the newest checkpoint; before the first, of the run's start.",
            running => running.Checkpointed?.ToUnixTimeMilliseconds() / 1000.0);
        page.Add(
            Instruments.ExperimentLatenessName, "Seconds per step that the other ranks wait for a rank.",
            [.. experiments.SelectMany(running => (running.Lateness ?? []).Index()
                .Select(rank => ($"{GaugePage.Label("experiment", running.Id)},rank=\"{rank.Index}\"", rank.Item)))]);
        return page.ToString();

        void Family(string name, string help, Func<RunningExperiment, double?> value, Func<RunningExperiment, string>? labels = null) => page.Add(
            name, help,
            [.. experiments.Where(running => value(running) is not null)
                .Select(running => ($"{GaugePage.Label("experiment", running.Id)}{labels?.Invoke(running)}", value(running)!.Value))]);
    }

    internal static string Write(IReadOnlyCollection<RunningSweep> sweeps)
    {
        var page = new GaugePage();
        Family(Instruments.SweepInfoName, "1 for each running sweep, with how it searches.", _ => 1, sweep =>
            $",{GaugePage.Label("metric", sweep.Metric)},{GaugePage.Label("sampler", sweep.Sampler)},{GaugePage.Label("stopping", sweep.Stopping)}");
        Family(Instruments.SweepProgressName, "Share of the budget's trials that have ended.", sweep => sweep.Progress);
        Family(Instruments.SweepBestName, "Metric of the best trial so far.", sweep => sweep.Best);
        Family(Instruments.SweepEpochsName, "Epochs of all trials.", sweep => sweep.Epochs);
        Family(Instruments.SweepDeviceSecondsName, "Seconds of training of all devices, of trials that ended or wait.", sweep => sweep.DeviceSeconds);
        page.Add(
            Instruments.SweepTrialsName, "Trials by state.",
            [.. sweeps.SelectMany(sweep => sweep.Trials
                .Select(trials => ($"{GaugePage.Label("sweep", sweep.Id)},{GaugePage.Label("state", trials.Key)}", (double)trials.Value)))]);
        return page.ToString();

        void Family(string name, string help, Func<RunningSweep, double?> value, Func<RunningSweep, string>? labels = null) => page.Add(
            name, help,
            [.. sweeps.Where(sweep => value(sweep) is not null)
                .Select(sweep => ($"{GaugePage.Label("sweep", sweep.Id)}{labels?.Invoke(sweep)}", value(sweep)!.Value))]);
    }
}
