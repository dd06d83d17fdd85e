using System.Text.Json;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using TorchSharp;

namespace OrleansTransfer.Cli.Tests.Commands;

/// <summary>Weights under other names, as a user meets them: <c>weights convert</c>, and what <c>models forward</c> says of them.</summary>
public sealed class ConvertWeightsTests : IDisposable
{
    private const string Backbone = "mobilenet_v3_small";

    private readonly string _folder = Directory.CreateTempSubdirectory("otx-convert-").FullName;
    private readonly string _file;

    public ConvertWeightsTests()
    {
        _file = At("mine.safetensors");
        using var model = Backbones.Get(Backbone).Create(3);
        model.Initialize(seed: 1);
        StateDict.Save(model, _file);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Written_for_timm_and_read_again_the_network_computes_the_same()
    {
        var (code, streams) = await RunAsync("weights", "convert", _file, "--backbone", Backbone, "--keys", "timm", "--to", At("timm"), "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        using var document = JsonDocument.Parse(streams.OutText);
        var root = document.RootElement;
        Assert.Equal("mobilenetv3_small_100", root.GetProperty("model").GetString());
        Assert.Equal((3, 244), (root.GetProperty("labels").GetInt32(), root.GetProperty("tensors").GetInt32()));
        Assert.Equal("timm", root.GetProperty("keys").GetString());
        Assert.Empty(root.GetProperty("leftOut").EnumerateArray());
        Assert.Contains("1e-5", streams.ErrorText);
        using (var file = SafetensorsFile.Open(At("timm"))) Assert.Equal([1024L, 576, 1, 1], file.Info("conv_head.weight").Shape);

        using (var input = torch.rand(2, 3, 64, 64)) SafetensorsWriter.Write(At("input"), [("input", input)]);
        var own = await LogitsAsync(_file, "");
        var theirs = await LogitsAsync(At("timm"), "The keys of the weights were read as timm's.");
        using (own)
        using (theirs) Assert.True(own.allclose(theirs, 1e-4, 1e-6));
    }

    [Fact]
    public async Task The_text_says_what_was_written_and_what_was_left_out()
    {
        using (var model = Backbones.Get("inception_v3").Create(2)) StateDict.Save(model, At("inception"));
        var (code, streams) = await RunAsync("weights", "convert", At("inception"), "--backbone", "inception_v3", "--keys", "timm", "--to", At("x"));
        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("timm's inception_v3", streams.OutText);
        Assert.Contains("14 keys that it does not have there", streams.OutText);
        Assert.Contains("mean 0.5", streams.ErrorText);
    }

    [Theory]
    [InlineData("squeezenet1_1", "timm", "timm has no squeezenet1_1")]
    [InlineData("mobilenetv1_025", "torchvision", "torchvision has no mobilenetv1_025")]
    public async Task A_naming_that_the_network_does_not_have_is_refused(string backbone, string keys, string said)
    {
        using (var model = Backbones.Get(backbone).Create(2)) StateDict.Save(model, At("other"));
        await RefusedAsync(said, At("other"), "--backbone", backbone, "--keys", keys, "--to", At("x"));
    }

    [Theory]
    [InlineData("do not fit resnet18", "mine.safetensors", "--backbone", "resnet18", "--keys", "timm")]
    [InlineData("did you mean 'resnet18'?", "mine.safetensors", "--backbone", "resnet81", "--keys", "timm")]
    [InlineData("keras", "mine.safetensors", "--backbone", Backbone, "--keys", "keras")]
    [InlineData("nowhere", "nowhere", "--backbone", Backbone, "--keys", "timm")]
    [InlineData("nonsense", "nonsense", "--backbone", Backbone, "--keys", "timm")]
    [InlineData("'--to'", "mine.safetensors", "--backbone", Backbone, "--keys", "timm", null)]
    public async Task What_cannot_be_converted_is_named_and_nothing_is_written(string said, string file, params string?[] options)
    {
        await File.WriteAllTextAsync(At("nonsense"), "no weights at all", TestContext.Current.CancellationToken);
        string[] to = options[^1] is null ? [] : ["--to", At("x")];
        await RefusedAsync(said, [At(file), .. options.OfType<string>(), .. to]);
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_by_force()
    {
        string[] options = ["--backbone", Backbone, "--keys", "torchvision", "--to", At("x")];
        await File.WriteAllTextAsync(At("x"), "mine", TestContext.Current.CancellationToken);
        await RefusedAsync("--force", existing: true, [_file, .. options]);
        Assert.Equal("mine", await File.ReadAllTextAsync(At("x"), TestContext.Current.CancellationToken));
        Assert.Equal(ExitCodes.Done, (await RunAsync(["weights", "convert", _file, .. options, "--force"])).Code);
        using var written = SafetensorsFile.Open(At("x"));
        Assert.True(written.Contains("features.0.0.weight"));
    }

    [Fact]
    public async Task A_folder_is_no_file_to_write() =>
        await RefusedAsync("is a folder", _file, "--backbone", Backbone, "--keys", "timm", "--to", _folder);

    private Task RefusedAsync(string said, params string[] arguments) => RefusedAsync(said, existing: false, arguments);

    private async Task RefusedAsync(string said, bool existing, string[] arguments)
    {
        var (code, streams) = await RunAsync(["weights", "convert", .. arguments]);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains(said, streams.ErrorText);
        Assert.Empty(streams.OutText);
        Assert.Equal(existing, File.Exists(At("x")));
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    private async Task<torch.Tensor> LogitsAsync(string weights, string said)
    {
        var (code, streams) = await RunAsync("models", "forward", Backbone, "--weights", weights, "--input", At("input"), "--output", At("logits"));
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal($"{said}\nThe logits are in {At("logits")}.".TrimStart(), streams.ErrorText.TrimEnd());
        using var file = SafetensorsFile.Open(At("logits"));
        return file.Load("logits");
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static async Task<(int Code, RecordedStreams Streams)> RunAsync(params string[] args)
    {
        var streams = new RecordedStreams();
        return (await CliApplication.RunAsync(args, streams, TestContext.Current.CancellationToken), streams);
    }
}
