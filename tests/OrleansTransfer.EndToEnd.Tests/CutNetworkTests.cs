using System.Net;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Two nodes that train together, both alive, between which the network is cut.</summary>
public sealed class CutNetworkTests(DrawnLeaves leaves)
{
    private const int Epochs = 30;

    [Fact]
    public async Task Over_Redis_one_side_goes_on_and_the_other_ends_and_no_step_is_left_out()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        await using var first = await CutNode.StartAsync("n1", 2, ["--devices", "cpu:1", "--state", state.Path, "--redis", redis.Address]);
        await using var second = await CutNode.StartAsync("n2", 4, ["--devices", "cpu:1", "--state", state.Path, "--redis", redis.Address]);
        var id = await TrainAsync(state, first, second);

        foreach (var node in (CutNode[])[first, second]) node.Relay.Cut();

        // Whoever writes first to the membership that the other is gone goes on.
        var ended = await Task.WhenAny(first.Node.Process.WaitAsync(s_patience), second.Node.Process.WaitAsync(s_patience));
        var loser = (await ended).CommandLine.Contains("--name n1 ", StringComparison.Ordinal) ? first : second;
        var said = await ended;
        Assert.Equal(1, said.ExitCode);
        Assert.StartsWith($"error: The cluster declared node {loser.Node.Name} dead", said.LastError, StringComparison.Ordinal);
        await CompletesAsync(state, id, loser == first ? second : first);
    }

    [Fact]
    public async Task A_node_that_is_cut_off_from_Redis_too_does_no_harm()
    {
        await using var redis = await RedisServer.StartAsync();
        using var state = new StateFolder();
        var (address, port) = (new IPAddress([127, 0, 0, 6]), IPEndPoint.Parse(redis.Address).Port);
        await using var way = NetworkRelay.Open(address, IPAddress.Loopback, [port], []);
        await using var first = await CutNode.StartAsync("n1", 2, ["--devices", "cpu:1", "--state", state.Path, "--redis", redis.Address]);
        await using var second = await CutNode.StartAsync("n2", 4, ["--devices", "cpu:1", "--state", state.Path, "--redis", $"{address}:{port}"]);

        // It keeps its container, and nobody can tell it that it is dead.
        var id = await TrainAsync(state, first, second);
        foreach (var relay in (NetworkRelay[])[way, first.Relay, second.Relay]) relay.Cut();

        await CompletesAsync(state, id, first);
    }

    [Fact]
    public async Task Without_Redis_the_first_node_goes_on_and_the_other_says_that_it_is_cut_off()
    {
        using var state = new StateFolder();
        await using var first = await CutNode.StartAsync("n1", 2, ["--devices", "cpu:1", "--state", state.Path]);
        await using var second = await CutNode.StartAsync(
            "n2", 4, ["--devices", "cpu:1", "--state", state.Path, "--join", first.Node.Silo]);
        var id = await TrainAsync(state, first, second);

        foreach (var node in (CutNode[])[first, second]) node.Relay.Cut();

        var said = await second.Node.Process.WaitAsync(s_patience);
        Assert.Equal(1, said.ExitCode);
        Assert.StartsWith("error: ", said.LastError, StringComparison.Ordinal);
        Assert.Contains($"first node at {first.Node.Silo} does not answer any more", said.LastError, StringComparison.Ordinal);
        await CompletesAsync(state, id, first);
    }

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private async Task<string> TrainAsync(StateFolder state, CutNode first, CutNode second)
    {
        await Until.TrueAsync(() => first.Node.OfferedNodes() == 2, "two nodes in the cluster", () => Transcript(first, second));
        (await OtxProcess.RunAsync([
            .. Training.SqueezeNet(leaves, Epochs), "--set", "training.optimizer.learningRate=0.0005", "--workers", "2", "--detach",
            "--cluster", second.Node.Http])).Expect(0);
        var id = state.Experiment;
        await Until.TrueAsync(
            () => Show(first, id) is { } run && run.GetProperty("step").GetInt64() >= 5 && run.GetProperty("workers").GetArrayLength() == 2,
            "the first steps of two workers", () => Transcript(first, second));
        return id;
    }

    private static async Task CompletesAsync(StateFolder state, string id, CutNode survivor)
    {
        await Until.TrueAsync(
            () => Show(survivor, id)?.GetProperty("state").GetString() is "Completed" or "Failed" or "Interrupted",
            "the run to end", () => survivor.Node.Process.Transcript);
        var run = Show(survivor, id)!.Value;
        Assert.Equal("Completed", run.GetProperty("state").GetString());
        Assert.Equal([$"{survivor.Node.Name}/cpu:0"], run.GetProperty("workers").EnumerateArray().Select(worker => worker.GetString()));
        var total = run.GetProperty("totalSteps").GetInt64();
        TestContext.Current.TestOutputHelper?.WriteLine($"{total} steps, {run.GetProperty("stepsLost").GetInt64()} done again");
        Assert.InRange(run.GetProperty("stepsLost").GetInt64(), 0, 1);
        AssertEveryStep(state, id, total);
        Assert.Equal([survivor.Node.Name], survivor.Node.SeenNodes());
    }

    private static void AssertEveryStep(StateFolder state, string id, long total) =>
        Assert.Equal(Enumerable.Range(1, (int)total).Select(step => (long)step), state.Events(id).Where(e => e.Kind == "step").Select(e => e.Step));

    // Null while the node cannot tell, as after a loss.
    private static JsonElement? Show(CutNode node, string id)
    {
        try
        {
            return JsonDocument.Parse(node.Node.GetAsync($"/api/v1/experiments/{id}").GetAwaiter().GetResult()).RootElement;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    private static string Transcript(params CutNode[] nodes) => string.Join('\n', nodes.Select(node => node.Node.Process.Transcript));

    /// <summary>A node behind a relay of its own; its API stays within reach.</summary>
    private sealed class CutNode(TestNode node, NetworkRelay relay) : IAsyncDisposable
    {
        public TestNode Node => node;

        public NetworkRelay Relay => relay;

        /// <summary>Starts it.</summary>
        /// <param name="name">Its name.</param>
        /// <param name="number">Last number of the loopback address that it advertises; it listens at the next one.</param>
        /// <param name="arguments">Further options.</param>
        public static async Task<CutNode> StartAsync(string name, byte number, IReadOnlyList<string> arguments)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has more loopback addresses than one.");
            var (advertised, listens) = (new IPAddress([127, 0, 0, number]), new IPAddress([127, 0, 0, (byte)(number + 1)]));
            var offset = TestNode.FreeOffset();
            var relay = NetworkRelay.Open(advertised, listens, [11111 + offset, 30000 + offset], [8080 + offset]);
            try
            {
                var node = await TestNode.StartAsync(
                    name, [.. arguments, "--advertise", $"{advertised}", "--listen", $"{listens}"], Training.OneThread, offset: offset);
                return new(node, relay);
            }
            catch
            {
                await relay.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await node.DisposeAsync();
            await relay.DisposeAsync();
        }
    }
}
