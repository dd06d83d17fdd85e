using System.Diagnostics;
using OrleansTransfer.Cluster;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Host.Tests.Metrics;

[Collection(Nodes.Name)]
public sealed class NodeMetricsTests : IDisposable
{
    private readonly StateFolder _state = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var running in Instruments.RunningExperiments) Instruments.ExperimentEnded(running.Id);
        _state.Dispose();
    }

    [Fact]
    public async Task Every_metric_has_the_promised_name_and_promtool_accepts_the_page()
    {
        await using var node = await NodeHost.StartAsync(_state.Options, Token);
        RecordOneOfEverything();

        var page = await ScrapeAsync(node);

        foreach (var sample in new[]
        {
            "orleanstransfer_steps_total{", "orleanstransfer_samples_total{", "orleanstransfer_exchange_seconds_bucket{",
            "orleanstransfer_exchange_bytes_total{*direction=\"sent\"", "orleanstransfer_exchange_bytes_total{*direction=\"received\"",
            "orleanstransfer_exchange_aborts_total{*reason=\"deadline\"", "orleanstransfer_generation_changes_total{*reason=\"start\"",
            "orleanstransfer_checkpoint_seconds_sum{", "orleanstransfer_checkpoint_bytes_total{", "orleanstransfer_queue_wait_seconds_count{",
            "orleanstransfer_experiments{*state=\"running\"", "orleanstransfer_devices{*state=\"busy\"", "orleanstransfer_devices{*state=\"free\"",
            "orleanstransfer_device_memory_bytes{*device=\"cpu:0\"", "orleanstransfer_failures_total{*kind=\"worker\"",
            "orleanstransfer_step_phase_seconds_bucket{*phase=\"data\"", "orleanstransfer_step_phase_seconds_bucket{*phase=\"forward\"",
            "orleanstransfer_step_phase_seconds_bucket{*phase=\"backward\"", "orleanstransfer_step_phase_seconds_bucket{*phase=\"exchange\"",
            "orleanstransfer_step_phase_seconds_bucket{*phase=\"update\"", "orleanstransfer_experiment_info{experiment=\"run-1\"",
            "orleanstransfer_experiment_loss{experiment=\"run-1\"} 0.5", "orleanstransfer_experiment_accuracy{experiment=\"run-1\"} 0.75",
            "orleanstransfer_experiment_progress_ratio{experiment=\"run-1\"} 0.25", "process_cpu_seconds_total{", "process_resident_memory_bytes{",
        })
        {
            var (start, label) = sample.Split('*') is [var name, var rest] ? (name, rest) : (sample, "");
            Assert.Contains(
                page.Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal));
        }

        Assert.Contains("orleans_", page, StringComparison.Ordinal);
        await PromtoolAcceptsAsync(page);
    }

    [Fact]
    public async Task A_finished_experiment_is_gone_from_the_page()
    {
        await using var node = await NodeHost.StartAsync(_state.Options, Token);
        Instruments.ExperimentProgressed(new("ended-1", "resnet18", "fine-tune", 2, 0.5, 0.1));
        Instruments.ExperimentProgressed(new("going-2", "resnet18", "fine-tune", 2, 0.5));
        Assert.Contains("ended-1", await ScrapeAsync(node), StringComparison.Ordinal);

        Instruments.ExperimentEnded("ended-1");

        var page = await ScrapeAsync(node);
        Assert.DoesNotContain("ended-1", page, StringComparison.Ordinal);
        Assert.Contains("going-2", page, StringComparison.Ordinal);
        Instruments.ExperimentEnded("going-2");
        Assert.DoesNotContain("orleanstransfer_experiment_", await ScrapeAsync(node), StringComparison.Ordinal);
    }

    private static void RecordOneOfEverything()
    {
        Instruments.RecordStep(new(0.01, 0.1, 0.2, 0.03, 0.004), samples: 64, rank: 0);
        Instruments.RecordExchange(0.03);
        Instruments.ExchangeSent(1000);
        Instruments.ExchangeReceived(1000);
        Instruments.ExchangeAborted("deadline");
        Instruments.GenerationChanged("start");
        Instruments.RecordCheckpoint(0.5, 1 << 20);
        Instruments.RecordQueueWait(2);
        Instruments.Failed("worker");
        Instruments.ExperimentMoved(null, ExperimentState.Queued);
        Instruments.ExperimentMoved(ExperimentState.Queued, ExperimentState.Running);
        Instruments.SetDevices(free: 1, busy: 1);
        Instruments.SetDeviceMemory("cpu:0", 1 << 20);
        Instruments.ExperimentProgressed(new("run-1", "resnet18", "a \"quoted\" method", 2, 0.25, 0.5, 0.75));
        Instruments.ExperimentProgressed(new("run-2", "resnet18", "fine-tune", 2, 0, double.NaN));
    }

    private static async Task<string> ScrapeAsync(NodeHost node)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Accept.ParseAdd("application/openmetrics-text; version=1.0.0, text/plain;version=0.0.4;q=0.5");
        return await http.GetStringAsync(node.Http + "/metrics", Token);
    }

    private static async Task PromtoolAcceptsAsync(string page)
    {
        Process promtool;
        try
        {
            promtool = Process.Start(
                new ProcessStartInfo("promtool", "check metrics") { RedirectStandardInput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("promtool (Debian package 'prometheus') is not installed.");
            return;
        }

        using (promtool)
        {
            await promtool.StandardInput.WriteAsync(page.AsMemory(), Token);
            promtool.StandardInput.Close();
            var complaints = await promtool.StandardError.ReadToEndAsync(Token);
            await promtool.WaitForExitAsync(Token);
            Assert.True(promtool.ExitCode == 0, complaints);
        }
    }
}
