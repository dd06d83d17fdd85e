using System.Diagnostics;
using System.IO.Compression;
using OrleansTransfer.Cluster;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Sweeps;

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

        // A request is counted once it is over, and collections of garbage once there was one.
        using (var http = new HttpClient()) await http.GetStringAsync(node.Http + "/health/live", Token);
        GC.Collect();
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
            "orleanstransfer_experiment_checkpoint_timestamp_seconds{experiment=\"run-1\"} 1767225600", "orleanstransfer_nodes_lost_total{",
            "orleanstransfer_queued_devices{",
            "orleanstransfer_blob_errors_total{*operation=\"write\"", "orleanstransfer_disk_free_bytes{*folder=\"state\"",
            "orleanstransfer_disk_size_bytes{*folder=\"cache\"", "orleanstransfer_disk_free_bytes{*folder=\"weights\"",
            "dotnet_gc_collections_total{", "dotnet_thread_pool_queue_length_total{", "http_server_request_duration_seconds_bucket{",
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
    public async Task A_scraper_that_takes_compressed_pages_gets_one_that_it_can_read()
    {
        await using var node = await NodeHost.StartAsync(_state.Options, Token);
        Instruments.ExperimentProgressed(new("going-1", "resnet18", "fine-tune", 2, 0.5));

        // As Prometheus does it: the whole of the page is one compressed stream, or none is.
        using var http = new HttpClient();
        http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        using var answer = await http.GetAsync(node.Http + "/metrics", Token);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        await using Stream page = answer.Content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var reader = new StreamReader(page);

        var text = await reader.ReadToEndAsync(Token);
        Assert.Contains("orleanstransfer_experiment_progress_ratio{experiment=\"going-1\"} 0.5", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_sweep_has_its_gauges_and_a_finished_one_has_none()
    {
        await using var node = await NodeHost.StartAsync(_state.Options, Token);
        Instruments.SweepProgressed(new("search-1", "accuracy", "tpe", "asha", 0.5, 0.9, new Dictionary<string, int> { ["running"] = 2 }, 10, 60));

        var page = await ScrapeAsync(node);
        foreach (var line in (string[])
        [
            "orleanstransfer_sweep_info{sweep=\"search-1\",metric=\"accuracy\",sampler=\"tpe\",stopping=\"asha\"} 1",
            "orleanstransfer_sweep_progress_ratio{sweep=\"search-1\"} 0.5", "orleanstransfer_sweep_best{sweep=\"search-1\"} 0.9",
            "orleanstransfer_sweep_trials{sweep=\"search-1\",state=\"running\"} 2", "orleanstransfer_sweep_epochs{sweep=\"search-1\"} 10",
            "orleanstransfer_sweep_device_seconds{sweep=\"search-1\"} 60",
        ]) Assert.Contains(line, page.Split('\n'));
        await PromtoolAcceptsAsync(page);

        Instruments.SweepEnded("search-1");
        Assert.DoesNotContain("search-1", await ScrapeAsync(node), StringComparison.Ordinal);
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

    [Fact]
    public async Task What_alerts_wait_for_shows_before_it_happens_for_the_first_time()
    {
        await using var node = await NodeHost.StartAsync(_state.Options, Token);

        var page = await ScrapeAsync(node);

        foreach (var (name, label) in ((string, string)[])[
            ("failures_total", "kind=\"run\""), ("exchange_aborts_total", "reason=\"group-ended\""),
            ("generation_changes_total", "reason=\"node-lost\""), ("blob_errors_total", "operation=\"read\""), ("nodes_lost_total", "")])
        {
            Assert.Contains(page.Split('\n'), line =>
                line.StartsWith($"orleanstransfer_{name}{{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_thousand_finished_experiments_add_no_series()
    {
        await using var node = await NodeHost.StartAsync(_state.Options, Token);
        RunOnce("first");
        var before = SeriesOf(await ScrapeAsync(node));

        for (var number = 0; number < 1000; number++) RunOnce($"run-{number}");

        // What the platform shows of itself comes and goes with what it happens to do.
        var added = SeriesOf(await ScrapeAsync(node)).Except(before).Where(series => !series.StartsWith("dotnet_", StringComparison.Ordinal));
        Assert.Equal([], added);
    }

    private static void RunOnce(string id)
    {
        Instruments.SweepMoved(null, SweepState.Running);
        Instruments.TrialStarted("start");
        Instruments.TrialSuggested(0.001);
        Instruments.TrialJudged(0.001);
        Instruments.SweepProgressed(new(id, "accuracy", "tpe", "asha", 0.5, 0.9, new Dictionary<string, int> { ["running"] = 2 }, 10, 60));
        Instruments.TrialEnded("completed");
        Instruments.SweepMoved(SweepState.Running, SweepState.Completed);
        Instruments.SweepEnded(id);
        Instruments.SweepMoved(SweepState.Completed, null);
        Instruments.ExperimentMoved(null, ExperimentState.Queued);
        Instruments.RecordQueueWait(1);
        Instruments.ExperimentMoved(ExperimentState.Queued, ExperimentState.Running);
        Instruments.GenerationChanged("start");
        Instruments.ExperimentProgressed(new(id, "resnet18", "fine-tune", 2, 0.5, 0.1, 0.9, [0, 0.1], DateTimeOffset.UnixEpoch));
        Instruments.RecordStep(new(0.01, 0.1, 0.2, 0.03, 0.004), samples: 64, rank: 0);
        Instruments.RecordCheckpoint(0.5, 1 << 20);
        Instruments.Failed("run");
        Instruments.ExperimentMoved(ExperimentState.Running, ExperimentState.Failed);
        Instruments.ExperimentEnded(id);
        Instruments.ExperimentMoved(ExperimentState.Failed, null);
    }

    private static IEnumerable<string> SeriesOf(string page) =>
        page.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.LastIndexOf(' ')]).ToHashSet();

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
        var checkpointed = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Instruments.ExperimentProgressed(new("run-1", "resnet18", "a \"quoted\" method", 2, 0.25, 0.5, 0.75, null, checkpointed));
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
