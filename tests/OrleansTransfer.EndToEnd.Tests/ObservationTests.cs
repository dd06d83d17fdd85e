using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Logs and traces of nodes that train.</summary>
public sealed class ObservationTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task Every_line_of_a_json_log_is_an_object_and_a_workers_says_where_it_is()
    {
        await using var redis = await RedisServer.StartAsync("open-sesame");
        using var state = new StateFolder();
        var environment = new Dictionary<string, string>(Training.OneThread)
        {
            ["OTX_REDIS"] = $"{redis.Address},password=open-sesame",
            ["OTX_LOG_FORMAT"] = "json",
        };
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, environment, joins: false);

        var id = await TrainAsync(cluster.Nodes[0], epochs: 2);
        foreach (var node in cluster.Nodes) node.Process.Send(Signal.Terminate);
        foreach (var node in cluster.Nodes)
        {
            var ended = (await node.Process.WaitAsync(TimeSpan.FromMinutes(1))).Expect(0);
            Assert.DoesNotContain("sesame", ended.Error + ended.Out, StringComparison.Ordinal);
            var lines = ended.Error.Split('\n').Where(line => line.Length > 0 && !line.StartsWith($"Node {node.Name} leaves", StringComparison.Ordinal))
                .Select(line => JsonDocument.Parse(line).RootElement).ToList();
            Assert.All(lines, line => Assert.Equal(node.Name, line.GetProperty("node").GetString()));
            Assert.All(lines, line => Assert.NotEqual("", line.GetProperty("message").GetString()));
            var workers = lines.Where(line => line.GetProperty("category").GetString()!.EndsWith(".WorkerRun", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(workers);
            Assert.All(workers, line => Assert.Equal(
                (id, $"{node.Name}/cpu:0", JsonValueKind.Number, JsonValueKind.Number, JsonValueKind.Number),
                (line.GetProperty("experiment").GetString(), line.GetProperty("worker").GetString(), line.GetProperty("generation").ValueKind,
                    line.GetProperty("rank").ValueKind, line.GetProperty("step").ValueKind)));
            var last = workers[^1];
            Assert.Equal((1, 8), (last.GetProperty("generation").GetInt32(), last.GetProperty("step").GetInt32()));
        }
    }

    [Fact]
    public async Task A_step_is_one_trace_over_its_workers_in_the_collector()
    {
        await using var collector = new TraceCollector();
        using var state = new StateFolder();
        var environment = new Dictionary<string, string>(Training.OneThread)
        {
            ["OTX_OTLP_ENDPOINT"] = collector.Address,
            ["OTX_TRACE_RATIO"] = "1",
        };
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, environment);

        var id = await TrainAsync(cluster.Nodes[0], epochs: 2);
        foreach (var node in cluster.Nodes.Reverse())
        {
            node.Process.Send(Signal.Terminate);
            await node.Process.WaitAsync(TimeSpan.FromMinutes(1));
        }

        var steps = collector.Spans.Where(span => span.Name == "step").GroupBy(span => span.TraceId).ToList();
        Assert.Equal(8, steps.Count);
        foreach (var step in steps)
        {
            Assert.Equal([0, 1], step.Select(span => (int)span.Numbers["rank"]).Order());
            Assert.Single(step.Select(span => span.Numbers["step"]).Distinct());
            Assert.All(step, span => Assert.Equal(id, span.Texts["experiment"]));
            foreach (var span in step)
            {
                var parts = collector.Spans.Where(part => part.ParentId == span.Id).OrderBy(part => part.Start).ToList();
                Assert.Equal(["backward", "data", "exchange", "forward", "update"], parts.Select(part => part.Name).Order());
                Assert.All(parts, part => Assert.Equal(step.Key, part.TraceId));
                Assert.All(parts, part => Assert.InRange(part.Start, span.Start, span.End));
            }
        }
    }

    [Fact]
    public async Task Without_a_collector_a_node_trains_and_leaves_as_ever_and_a_wrong_address_is_refused()
    {
        using var state = new StateFolder();
        var environment = new Dictionary<string, string>(Training.OneThread)
        {
            ["OTX_OTLP_ENDPOINT"] = $"http://127.0.0.1:{8080 + TestNode.FreeOffset()}",
            ["OTX_TRACE_RATIO"] = "1",
        };
        await using (var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, environment))
        {
            await TrainAsync(cluster.Nodes[0], epochs: 1);
            cluster.Nodes[0].Process.Send(Signal.Terminate);
            (await cluster.Nodes[0].Process.WaitAsync(TimeSpan.FromMinutes(1))).Expect(0);
        }

        foreach (var (option, value) in ((string, string)[])[
            ("--otlp-endpoint", "collector"), ("--trace-ratio", "2"), ("--log-format", "xml")])
        {
            var refused = (await OtxProcess.RunAsync("node", "--state", state.Path, option, value)).Expect(2);
            Assert.Contains($"'{value}'", refused.LastError, StringComparison.Ordinal);
            Assert.Contains(option, refused.LastError, StringComparison.Ordinal);
        }
    }

    private async Task<string> TrainAsync(TestNode node, int epochs) =>
        (await OtxProcess.RunAsync([.. Training.SqueezeNet(leaves, epochs), "--workers", "0", "--cluster", node.Http])).Expect(0)
            .Json.GetProperty("experiment").GetString()!;
}
