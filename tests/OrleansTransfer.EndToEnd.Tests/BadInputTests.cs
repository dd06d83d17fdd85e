using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class BadInputTests(DrawnLeaves leaves)
{
    [Theory]
    [InlineData("an unknown key", "training.epoch: ", "'training.epochs'")]
    [InlineData("a missing folder", "nowhere")]
    [InlineData("a folder with one label", "label")]
    [InlineData("weights of another network", "missing", "features.0.weight", "unexpected", "stranger")]
    [InlineData("a truncated weights file", "weights.safetensors")]
    [InlineData("weights that nobody may fetch", "model.weights: squeezenet1_1/imagenet1k_v1 is not on this machine", "otx weights add")]
    [InlineData("weights of another name", "model.weights: ", "did you mean 'squeezenet1_1/imagenet1k_v1'?")]
    [InlineData("more workers than devices", "resources.workers", "5", "2")]
    [InlineData("a batch smaller than the workers", "training.batchSize", "1 samples for 2 workers")]
    [InlineData("a picture size the network cannot take", "model.inputSize", "16 pixels", "at least 17")]
    [InlineData("a target that is missing", "data.target", "elsewhere")]
    [InlineData("an empty target", "data.target", "has no files")]
    [InlineData("a target of one picture", "data.target", "1 samples are too few")]
    [InlineData("a target of other files", "data.target", "None of the 1 files", "notes.txt")]
    [InlineData("labels for checking that the source has not", "data.targetTest", "stranger")]
    [InlineData("a method for BatchNorm on a network without", "model.backbone", "BatchNorm", "squeezenet1_1 has none")]
    [InlineData("parts of a batch that must be whole", "training.accumulate", "mmd")]
    [InlineData("several problems", "2 problems", "data.validation", "resources.workers")]
    public async Task Wrong_input_is_refused_in_words_and_leaves_nothing_behind(string what, params string[] named)
    {
        using var folder = new TemporaryFolder();
        using var state = new StateFolder();
        string[] common = ["--state", state.Path, "--devices", "cpu:2"];
        var refused = (await OtxProcess.RunAsync([.. Arguments(what, folder), .. common])).Expect(2);

        Assert.Equal("", refused.Out);
        Assert.StartsWith("error: ", refused.LastError, StringComparison.Ordinal);
        Assert.All(named, name => Assert.Contains(name, refused.Error, StringComparison.Ordinal));
        Assert.Empty(state.Experiments);
        Assert.False(Directory.Exists(state.File("weights")), "Weights were imported for a run that was refused.");
    }

    [Fact]
    public async Task A_node_whose_port_is_in_use_does_not_start_and_says_which()
    {
        using var state = new StateFolder();
        var offset = TestNode.FreeOffset();
        using var squatter = new TcpListener(IPAddress.Loopback, 8080 + offset);
        squatter.Start();
        var refused = (await OtxProcess.RunAsync("node", "--port-offset", $"{offset}", "--state", state.Path)).Expect(2);
        Assert.Contains($"{8080 + offset}", refused.LastError, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(state.Path));
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_told_from_wrong_input()
    {
        var address = $"http://127.0.0.1:{8080 + TestNode.FreeOffset()}";
        var unreachable = (await OtxProcess.RunAsync([.. Training.SqueezeNet(leaves, epochs: 1), "--cluster", address])).Expect(3);
        Assert.Contains(address, unreachable.LastError, StringComparison.Ordinal);
    }

    private IEnumerable<string> Adapting(string method, string target) =>
        [.. Training.SqueezeNet(leaves, epochs: 1), "--set", $"transfer.method={method}", "--set", $"data.target={target}"];

    private IEnumerable<string> Arguments(string what, TemporaryFolder folder)
    {
        var recipe = Training.SqueezeNet(leaves, epochs: 1);
        switch (what)
        {
            case "an unknown key":
                return [.. recipe, "--set", "training.epoch=3"];
            case "a missing folder":
                return [.. recipe, "--set", $"data.train={folder.Combine("nowhere")}"];
            case "a folder with one label":
                File.Copy(leaves.Pictures[0], Path.Combine(Directory.CreateDirectory(folder.Combine("one", "healthy")).FullName, "leaf.png"));
                return [.. recipe, "--set", $"data.train={folder.Combine("one")}"];
            case "a target that is missing":
                return Adapting("mcc", folder.Combine("elsewhere"));
            case "an empty target":
                return Adapting("mcc", Directory.CreateDirectory(folder.Combine("target")).FullName);
            case "a target of one picture":
                File.Copy(leaves.Pictures[0], Path.Combine(Directory.CreateDirectory(folder.Combine("target")).FullName, "leaf.png"));
                return Adapting("mcc", folder.Combine("target"));
            case "a target of other files":
                File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder.Combine("target")).FullName, "notes.txt"), "no picture");
                return Adapting("mcc", folder.Combine("target"));
            case "labels for checking that the source has not":
                File.Copy(leaves.Pictures[0], Path.Combine(Directory.CreateDirectory(folder.Combine("test", "stranger")).FullName, "leaf.png"));
                File.Copy(leaves.Pictures[0], Path.Combine(Directory.CreateDirectory(folder.Combine("test", "healthy")).FullName, "leaf.png"));
                return [.. Adapting("mcc", leaves.Test), "--set", $"data.targetTest={folder.Combine("test")}"];
            case "a method for BatchNorm on a network without":
                return [.. Adapting("tent", leaves.Test), "--set", "training.epochs=2"];
            case "parts of a batch that must be whole":
                return [.. Adapting("mmd", leaves.Test), "--set", "training.accumulate=2"];
            case "weights of another network":
                File.WriteAllBytes(folder.Combine("weights.safetensors"), Safetensors.Write("stranger", 1, 2, 3));
                return [.. recipe, "--set", "model.weights=" + folder.Combine("weights.safetensors")];
            case "a truncated weights file":
                File.WriteAllBytes(folder.Combine("weights.safetensors"), Safetensors.Write("features.0.weight", 1, 2, 3)[..^5]);
                return [.. recipe, "--set", "model.weights=" + folder.Combine("weights.safetensors")];
            case "weights that nobody may fetch":
                return [.. recipe, "--set", "model.weights=imagenet"];
            case "weights of another name":
                return [.. recipe, "--set", "model.weights=squeezenet1_1/imagenet1k_v0"];
            case "more workers than devices":
                return [.. recipe, "--workers", "5"];
            case "a batch smaller than the workers":
                return [.. recipe, "--workers", "2", "--set", "training.batchSize=1"];
            case "a picture size the network cannot take":
                return [.. recipe, "--set", "model.inputSize=16"];
            case "several problems":
                return [.. recipe, "--workers", "5", "--set", $"data.validation={folder.Combine("nowhere")}"];
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }
}
