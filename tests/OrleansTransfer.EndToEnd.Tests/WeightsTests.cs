using System.Text.Json;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Tests;
using TorchSharp;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Weights by name, over real processes and a real server.</summary>
public sealed class WeightsTests(DrawnLeaves leaves) : IDisposable
{
    // Published without a checksum of its own, so that a server of ours can serve what we made.
    private const string Name = "resnet18/a1_in1k", HubPath = "/timm/resnet18.a1_in1k/resolve/main/model.safetensors";

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Several_processes_that_want_the_same_weights_fetch_them_once()
    {
        var content = Bytes();
        var release = new TaskCompletionSource();
        await using var server = new WeightServer(async (request, answer) =>
        {
            await release.Task;
            await answer.FileAsync(request, content, "\"v1\"");
        });
        var processes = Enumerable.Range(0, 3).Select(_ => OtxProcess.Start(["weights", "pull", Name, "-o", "json"], From(server))).ToList();
        try
        {
            await Until.TrueAsync(
                () => processes.Count(process => process.Error.Contains("another process is fetching it", StringComparison.Ordinal)) == 2,
                "two processes that wait for the third",
                () => string.Join('\n', processes.Select(process => process.Transcript)));
            release.SetResult();
            foreach (var process in processes)
            {
                var pulled = Assert.Single((await process.WaitAsync(s_deadline)).Expect(0).Json.EnumerateArray());
                Assert.Equal(content, await File.ReadAllBytesAsync(pulled.GetProperty("path").GetString()!, TestContext.Current.CancellationToken));
            }
            Assert.Single(server.Requests);
        }
        finally
        {
            foreach (var process in processes) await process.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Kill)]
    public async Task An_interrupted_pull_leaves_what_came_and_the_process_that_waits_goes_on_from_there(object signal)
    {
        var content = Bytes();
        await using var server = new WeightServer(async (request, answer) =>
        {
            await answer.FileAsync(request, content, "\"v1\"", request.Number == 1 ? 400_000 : int.MaxValue);
            if (request.Number == 1) await answer.StallAsync();
        });
        await using var first = OtxProcess.Start(["weights", "pull", Name], From(server));
        var partial = _folder.Combine("cache", "weights", "resnet18", "a1_in1k.safetensors.partial");
        await Until.TrueAsync(() => File.Exists(partial) && new FileInfo(partial).Length == 400_000, "a part of the file", () => first.Transcript);
        await using var second = OtxProcess.Start(["weights", "pull", Name], From(server));
        await second.WaitForLineAsync(line => line.Contains("another process is fetching it", StringComparison.Ordinal), onError: true);
        first.Send((Signal)signal);

        var done = (await second.WaitAsync(s_deadline)).Expect(0);
        Assert.Contains("going on at 0.4 MB of 1.0 MB", done.Error, StringComparison.Ordinal);
        Assert.Equal([0, 400_000], server.Requests.Select(request => request.From));
        Assert.Equal((Signal)signal == Signal.Interrupt ? 130 : 137, (await first.WaitAsync(s_deadline)).ExitCode);
    }

    [Fact]
    public async Task A_node_fetches_the_imagenet_weights_of_a_recipe_and_afterwards_everything_works_offline()
    {
        const string Backbone = "mobilenetv1_100", Tag = "ra4_e3600_r224_in1k";
        var content = Model(Backbone);
        using var state = new StateFolder();
        string[] recipe =
        [
            .. Training.ResNet(leaves, epochs: 1, batchSize: 12),
            "--set", $"model.backbone={Backbone}", "--set", "model.weights=imagenet", "--workers", "1",
        ];
        await using (var server = WeightServer.Of(content))
        {
            await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1, From(server));
            var remote = (await OtxProcess.RunAsync([.. recipe, "--cluster", cluster.Nodes[0].Http])).Expect(0).Json;
            Assert.Equal($"/timm/{Backbone}.{Tag}/resolve/main/model.safetensors", Assert.Single(server.Requests).Path);

            using var description = JsonDocument.Parse(await File.ReadAllTextAsync(
                Path.Combine(remote.GetProperty("bundle").GetString()!, "bundle.json"), TestContext.Current.CancellationToken));
            var weights = description.RootElement.GetProperty("baseWeights");
            Assert.Equal($"{Backbone}/{Tag}", weights.GetProperty("name").GetString());
            Assert.Equal(content, await File.ReadAllBytesAsync(
                state.File($"weights/{weights.GetProperty("sha256").GetString()}"), TestContext.Current.CancellationToken));

            // What timm evaluates these weights with: 256 to 224, here for pictures of 64.
            var preprocessing = description.RootElement.GetProperty("preprocessing");
            Assert.Equal("bicubic", preprocessing.GetProperty("interpolation").GetString());
            Assert.Equal((73, 64), (preprocessing.GetProperty("resize").GetInt32(), preprocessing.GetProperty("crop").GetInt32()));
            Assert.Equal(0.5, preprocessing.GetProperty("mean")[0].GetDouble());
        }

        // The server is gone.
        using var elsewhere = new StateFolder();
        var offline = new Dictionary<string, string> { ["OTX_CACHE"] = _folder.Combine("cache"), ["OTX_OFFLINE"] = "0" };
        (await OtxProcess.RunAsync(offline, [.. recipe, "--offline", "--state", elsewhere.Path, "--devices", "cpu:1"])).Expect(0);
        (await OtxProcess.RunAsync(offline, ["weights", "pull", Backbone, "--offline"])).Expect(0);
        var (input, logits) = (_folder.Combine("input.safetensors"), _folder.Combine("logits.safetensors"));
        using (var zeros = torch.zeros(1, 3, 64, 64)) SafetensorsWriter.Write(input, [("input", zeros)]);
        (await OtxProcess.RunAsync(
            offline, ["models", "forward", Backbone, "--weights", "imagenet", "--offline", "--input", input, "--output", logits])).Expect(0);
        Assert.True(File.Exists(logits));
    }

    [Fact]
    public async Task A_run_of_this_process_shows_what_it_fetches_and_fails_in_words_when_it_cannot()
    {
        using var state = new StateFolder();
        await using var server = new WeightServer((_, answer) => answer.StatusAsync(404));
        var refused = (await OtxProcess.RunAsync(
            From(server),
            [
                .. Training.ResNet(leaves, epochs: 1, batchSize: 12),
                "--set", $"model.weights={Name}", "--state", state.Path, "--devices", "cpu:1",
            ])).Expect(2);
        Assert.StartsWith($"error: model.weights: {Name} cannot be fetched from {server.Address}{HubPath}: there is no such file", refused.LastError);
        Assert.Empty(state.Experiments);
    }

    [Fact]
    public async Task A_users_file_is_added_listed_verified_and_found_damaged()
    {
        var file = _folder.Combine("mine.safetensors");
        await File.WriteAllBytesAsync(file, Model("squeezenet1_1"), TestContext.Current.CancellationToken);
        var here = new Dictionary<string, string> { ["OTX_CACHE"] = _folder.Combine("cache") };
        var added = (await OtxProcess.RunAsync(here, ["weights", "add", file, "--as", "squeezenet1_1/mine", "-o", "json"])).Expect(0).Json;
        (await OtxProcess.RunAsync(here, ["weights", "add", file, "--as", "resnet18/mine"])).Expect(2);

        var listed = (await OtxProcess.RunAsync(here, ["weights", "list", "--backbone", "squeezenet1_1", "-o", "json"])).Expect(0).Json;
        var names = listed.EnumerateArray().Select(one => one.GetProperty("name").GetString());
        Assert.Equal(["squeezenet1_1/imagenet1k_v1", "squeezenet1_1/mine"], names);
        Assert.Equal("model.weights: 'squeezenet1_1/mine' are weights of squeezenet1_1, and model.backbone is resnet18.", (await OtxProcess.RunAsync(
            here, [.. Training.ResNet(leaves, 1, 12), "--set", "model.weights=squeezenet1_1/mine"])).Expect(2).LastError["error: ".Length..]);

        (await OtxProcess.RunAsync(here, ["weights", "verify"])).Expect(0);
        var path = added.GetProperty("path").GetString()!;
        await using (var damage = File.OpenWrite(path)) damage.SetLength(damage.Length - 1);
        var found = (await OtxProcess.RunAsync(here, ["weights", "verify", "squeezenet1_1/mine"])).Expect(1);
        Assert.Contains(path, found.LastError, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_run_says_what_it_made_of_weights_with_other_names_and_refuses_those_that_would_leave_layers_random()
    {
        const string Backbone = "mobilenet_v3_small";
        var (own, theirs) = (_folder.Combine("own"), _folder.Combine("timm.safetensors"));
        await File.WriteAllBytesAsync(own, Model(Backbone), TestContext.Current.CancellationToken);
        (await OtxProcess.RunAsync("weights", "convert", own, "--backbone", Backbone, "--keys", "timm", "--to", theirs)).Expect(0);
        using var state = new StateFolder();
        string[] recipe =
        [
            .. Training.ResNet(leaves, epochs: 1, batchSize: 12), "--set", $"model.backbone={Backbone}", "--state", state.Path, "--devices", "cpu:1",
        ];

        var wrapped = Renamed(theirs, name => $"module.{name}");
        var done = (await OtxProcess.RunAsync([.. recipe, "--set", $"model.weights={wrapped}"])).Expect(0);
        Assert.Contains("The keys of the weights were read without their prefix 'module.' and as timm's.", done.Error, StringComparison.Ordinal);
        Assert.Contains("The head of the weights, for 1000 labels, was left out.", done.Error, StringComparison.Ordinal);

        var lacking = Renamed(theirs, name => name == "blocks.2.0.conv_dw.weight" ? null : name);
        var refused = (await OtxProcess.RunAsync([.. recipe, "--set", $"model.weights={lacking}"])).Expect(2);
        Assert.StartsWith("error: model.weights: ", refused.LastError, StringComparison.Ordinal);
        Assert.Contains("1 key missing: blocks.2.0.conv_dw.weight", refused.LastError, StringComparison.Ordinal);
        Assert.Single(state.Experiments);
    }

    [Theory]
    [InlineData("nonsense", "neither a name of weights", "weights", "pull", "nonsense")]
    [InlineData("resnet50/imagenet1k_v1", "otx weights add FILE --as resnet50/imagenet1k_v1", "weights", "pull", "resnet50")]
    [InlineData("--sha256 is about one file", "", "weights", "pull", "resnet50", "resnet18", "--sha256", "12345678")]
    [InlineData("no SHA-256", "", "weights", "pull", "resnet50", "--sha256", "1234")]
    [InlineData("there is no such file", "", "weights", "add", "/nowhere", "--as", "resnet50/mine")]
    [InlineData("Mine", "such as resnet50/mine", "weights", "add", "/nowhere", "--as", "Mine")]
    [InlineData("not in the cache", "", "weights", "verify", "resnet50/imagenet1k_v1")]
    [InlineData("resnet18", "", "weights", "list", "--backbone", "resnet81")]
    public async Task Mistakes_are_named(string named, string alsoNamed, params string[] arguments)
    {
        var refused = (await OtxProcess.RunAsync(arguments)).Expect(2);
        Assert.Equal("", refused.Out);
        Assert.Contains(named, refused.LastError, StringComparison.Ordinal);
        Assert.Contains(alsoNamed, refused.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pull_that_the_server_refuses_fails_rather_than_being_a_mistake()
    {
        await using var server = new WeightServer((_, answer) => answer.StatusAsync(404));
        var failed = (await OtxProcess.RunAsync(From(server), ["weights", "pull", Name])).Expect(1);
        Assert.Contains($"{server.Address}{HubPath}: there is no such file", failed.LastError, StringComparison.Ordinal);
    }

    private Dictionary<string, string> From(WeightServer mirror) => new()
    {
        ["OTX_CACHE"] = _folder.Combine("cache"),
        ["OTX_OFFLINE"] = "0",
        ["OTX_WEIGHTS_MIRROR"] = mirror.Address,
    };

    /// <summary>A copy of a file whose keys were renamed, or left out.</summary>
    private string Renamed(string path, Func<string, string?> rename)
    {
        var renamed = _folder.Combine("renamed.safetensors");
        using var scope = torch.NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        SafetensorsWriter.Write(
            renamed, file.Names.Where(name => rename(name) is not null).Select(name => (rename(name)!, file.Load(name))).ToList());
        return renamed;
    }

    private static byte[] Bytes()
    {
        var bytes = new byte[1_000_000];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private byte[] Model(string backbone)
    {
        var path = _folder.Combine($"{backbone}.made");
        using (var model = Backbones.Get(backbone).Create(1000))
        {
            model.Initialize(seed: 1);
            StateDict.Save(model, path);
        }
        return File.ReadAllBytes(path);
    }
}
