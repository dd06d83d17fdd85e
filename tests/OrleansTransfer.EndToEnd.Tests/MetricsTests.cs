using System.Diagnostics;
using System.Net;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class MetricsTests(DrawnLeaves leaves)
{
    // Those of the contract that any run on two nodes shows; aborts and failures appear with the first of them.
    private static readonly string[] s_names =
    [
        "steps_total", "samples_total", "step_phase_seconds_bucket", "exchange_bytes_total", "exchange_seconds_bucket", "generation_changes_total",
        "checkpoint_seconds_bucket", "checkpoint_bytes_total", "experiments", "devices", "queue_wait_seconds_bucket", "experiment_info",
        "experiment_loss", "experiment_accuracy", "experiment_progress_ratio",
    ];

    [Fact]
    public async Task A_running_node_is_ready_and_shows_its_metrics_in_a_form_that_Prometheus_accepts()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var train = OtxProcess.Start(
            [.. Training.SqueezeNet(leaves, epochs: 2000), "--workers", "2", "--cluster", cluster.Nodes[0].Http, "--set", "checkpoint.everySteps=2"]);
        await train.WaitForLineAsync(line => line.StartsWith("epoch 2/", StringComparison.Ordinal), onError: true);

        foreach (var node in cluster.Nodes)
        {
            Assert.Equal(HttpStatusCode.OK, await node.StatusOfAsync("/health/live"));
            Assert.Equal(HttpStatusCode.OK, await node.StatusOfAsync("/health/ready"));
        }

        // Each node shows what happened on it: the scheduler's waiting times are wherever the scheduler is.
        string[] pages = [await cluster.Nodes[0].GetAsync("/metrics"), await cluster.Nodes[1].GetAsync("/metrics")];
        var shown = pages.SelectMany(page => page.Split('\n')).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('{', ' ')[0]);
        Assert.Empty(s_names.Select(name => $"orleanstransfer_{name}").Except(shown));
        foreach (var page in pages) await AssertAcceptedAsync(page);
    }

    private static async Task AssertAcceptedAsync(string page)
    {
        Process promtool;
        try
        {
            promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("promtool (Debian package prometheus) is not installed.");
            return;
        }
        using (promtool)
        {
            await promtool.StandardInput.WriteAsync(page);
            promtool.StandardInput.Close();
            var said = await promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
                + await promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(promtool.ExitCode == 0, said);
        }
    }
}
