using System.Security.Cryptography;
using System.Text.Json;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.Tests.Commands;

/// <summary>
/// predict and evaluate on a bundle in a folder: an untrained model serves, what counts is that labels, pictures and numbers go together.
/// </summary>
public sealed class TrainedModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-model-").FullName;
    private readonly string _bundle;
    private readonly string _pictures;

    public TrainedModelTests()
    {
        _bundle = Path.Combine(_folder, "bundle");
        _pictures = Path.Combine(_folder, "leaves", "test");
        WriteBundle(["healthy", "diseased", "unknown"]);
        LeafDataset.WriteTarget(Path.Combine(_folder, "leaves"), perClassTrain: 1, perClassTest: 3, seed: 1, size: 64);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Evaluation_counts_every_picture_under_the_models_own_labels()
    {
        var (code, streams) = await RunAsync("evaluate", _bundle, _pictures, "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        using var document = JsonDocument.Parse(streams.OutText);
        var root = document.RootElement;
        Assert.Equal(6, root.GetProperty("samples").GetInt32());
        Assert.Equal(["healthy", "diseased", "unknown"], root.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        var rows = root.GetProperty("confusion").EnumerateArray().Select(row => row.EnumerateArray().Sum(cell => cell.GetInt32()));
        Assert.Equal([3, 3, 0], rows);
        Assert.InRange(root.GetProperty("metrics").GetProperty("accuracy").GetDouble(), 0, 1);
        Assert.True(root.GetProperty("metrics").GetProperty("loss").GetDouble() > 0);
    }

    [Fact]
    public async Task Labels_that_the_model_does_not_know_are_named()
    {
        Directory.Move(Path.Combine(_pictures, "diseased"), Path.Combine(_pictures, "wilted"));
        var (code, streams) = await RunAsync("evaluate", _bundle, _pictures);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("wilted", streams.LastErrorLine);
        Assert.Contains("diseased", streams.LastErrorLine);
    }

    [Fact]
    public async Task Predictions_name_the_likeliest_labels_of_each_picture_of_a_folder()
    {
        var (code, streams) = await RunAsync("predict", _bundle, _pictures, "--top", "2", "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        using var document = JsonDocument.Parse(streams.OutText);
        Assert.Equal(6, document.RootElement.GetArrayLength());
        foreach (var prediction in document.RootElement.EnumerateArray())
        {
            Assert.True(File.Exists(prediction.GetProperty("path").GetString()));
            var top = prediction.GetProperty("top").EnumerateArray().Select(guess => guess.GetProperty("probability").GetDouble()).ToList();
            Assert.Equal(2, top.Count);
            Assert.True(top[0] >= top[1]);
        }
    }

    [Theory]
    [InlineData("predict", "./no-bundle", "x")]
    [InlineData("predict", ".", "/nowhere.jpg")]
    [InlineData("evaluate", ".", "/nowhere")]
    public async Task What_is_missing_is_named(params string[] args)
    {
        var (code, streams) = await RunAsync(args);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.StartsWith("error: ", streams.LastErrorLine);
    }

    [Fact]
    public async Task A_changed_model_is_refused()
    {
        var model = Path.Combine(_bundle, BundleFormat.Model);
        var bytes = await File.ReadAllBytesAsync(model, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(model, bytes, TestContext.Current.CancellationToken);
        var (code, streams) = await RunAsync("predict", _bundle, _pictures);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("SHA-256", streams.LastErrorLine);
    }

    private void WriteBundle(IReadOnlyList<string> labels)
    {
        Directory.CreateDirectory(_bundle);
        var model = Path.Combine(_bundle, BundleFormat.Model);
        using (var network = Backbones.Get("squeezenet1_1").Create(labels.Count))
        {
            network.Initialize(7);
            StateDict.Save(network, model);
        }
        var description = new BundleDescription
        {
            Experiment = "leaves-1",
            Architecture = "squeezenet1_1",
            Task = "image-classification",
            Labels = labels,
            Preprocessing = new(72, 64, "bilinear", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            Recipe = "",
            Metrics = new Dictionary<string, double>(),
            Libraries = new Dictionary<string, string>(),
            Files = new Dictionary<string, string> { [BundleFormat.Model] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(model))) },
        };
        File.WriteAllText(Path.Combine(_bundle, BundleFormat.Description), JsonSerializer.Serialize(description, JsonSerializerOptions.Web));
    }

    private static async Task<(int Code, RecordedStreams Streams)> RunAsync(params string[] args)
    {
        var streams = new RecordedStreams();
        return (await CliApplication.RunAsync(args, streams, TestContext.Current.CancellationToken), streams);
    }
}
