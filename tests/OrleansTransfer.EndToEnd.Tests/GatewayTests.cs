using System.Net;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Gateways that are clients of the cluster, and workers that serve no API.</summary>
public sealed class GatewayTests(DrawnLeaves leaves)
{
    [Fact]
    public async Task A_run_is_started_followed_and_shown_through_a_gateway_and_goes_on_without_it()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        await using var gateway = await StartGatewayAsync(cluster);

        var brief = (await OtxProcess.RunAsync(
            [.. Training.SqueezeNet(leaves, epochs: 2), "--workers", "2", "--cluster", gateway.Http])).Expect(0).Json;
        var id = brief.GetProperty("experiment").GetString()!;
        Assert.Equal(("Completed", 2), (brief.GetProperty("state").GetString(), brief.GetProperty("workers").GetInt32()));
        foreach (string[] command in (string[][])[
            ["experiments", "show", id], ["experiments", "list"], ["experiments", "logs", id], ["cluster", "status"], ["sweep", "list"]])
        {
            (await OtxProcess.RunAsync([.. command, "--cluster", gateway.Http])).Expect(0);
        }

        var status = (await OtxProcess.RunAsync("cluster", "status", "-o", "json", "--cluster", gateway.Http)).Expect(0).Json;
        Assert.Equal(["n1", "n2"], status.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("name").GetString()));

        var longer = (await OtxProcess.RunAsync(
            [.. Training.SqueezeNet(leaves, epochs: 5000), "--workers", "2", "--detach", "--cluster", gateway.Http])).Expect(0).Json;
        id = longer.GetProperty("experiment").GetString()!;
        await Until.TrueAsync(() => Show(gateway, id).GetProperty("step").GetInt64() > 5, "steps", () => cluster.Transcript);
        gateway.Process.Send(Signal.Terminate);
        (await gateway.Process.WaitAsync(TimeSpan.FromMinutes(1))).Expect(0);

        await using var another = await StartGatewayAsync(cluster);
        var seen = Show(another, id);
        await Until.TrueAsync(
            () => Show(another, id).GetProperty("step").GetInt64() > seen.GetProperty("step").GetInt64() + 5,
            "the run to go on",
            () => cluster.Transcript);
        Assert.Equal(1, Show(another, id).GetProperty("generation").GetInt32());
        (await OtxProcess.RunAsync("experiments", "cancel", id, "--cluster", another.Http)).Expect(0);
    }

    [Fact]
    public async Task A_gateway_outlives_the_loss_of_any_node_and_says_when_there_is_none()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2, Training.OneThread, redis);
        await using var gateway = await StartGatewayAsync(cluster);

        cluster.Nodes[0].Process.Send(Signal.Kill);
        await Until.TrueAsync(() => gateway.SeenNodes().SequenceEqual(["n2"]), "the gateway to see one node", () => cluster.Transcript);
        Assert.Equal(HttpStatusCode.OK, await gateway.StatusOfAsync("/health/ready"));

        cluster.Nodes[1].Process.Send(Signal.Kill);
        await Until.TrueAsync(
            () => gateway.StatusOfAsync("/health/ready").GetAwaiter().GetResult() == HttpStatusCode.ServiceUnavailable, "it to be unready",
            () => gateway.Process.Transcript);
        Assert.Equal(HttpStatusCode.OK, await gateway.StatusOfAsync("/health/live"));
        Assert.Equal(HttpStatusCode.OK, await gateway.StatusOfAsync("/metrics"));
    }

    [Fact]
    public async Task A_worker_serves_health_and_metrics_and_no_API_and_a_gateway_joins_it_without_Redis()
    {
        using var state = new StateFolder();
        await using var worker = await TestNode.StartAsync("w1", ["--role", "worker", "--devices", "cpu:1", "--state", state.Path]);
        Assert.Equal(HttpStatusCode.OK, await worker.StatusOfAsync("/health/ready"));
        Assert.Equal(HttpStatusCode.OK, await worker.StatusOfAsync("/metrics"));
        Assert.Equal(HttpStatusCode.NotFound, await worker.StatusOfAsync("/api/v1/cluster"));

        await using var gateway = await TestNode.StartAsync("g1", ["--role", "gateway", "--state", state.Path, "--join", worker.Clients!]);
        Assert.Equal(["w1"], gateway.SeenNodes());
    }

    private static Task<TestNode> StartGatewayAsync(TestCluster cluster) =>
        TestNode.StartAsync("g1", ["--role", "gateway", .. cluster.Arguments.SkipWhile(argument => argument != "--state")]);

    private static JsonElement Show(TestNode node, string id) =>
        JsonDocument.Parse(node.GetAsync($"/api/v1/experiments/{id}").GetAwaiter().GetResult()).RootElement;
}
