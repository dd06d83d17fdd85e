using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

public class PretrainedTests
{
    [Theory]
    [InlineData("squeezenet1_0", 7)]
    [InlineData("mobilenet_v2", 7)]
    [InlineData("mobilenetv1_100", 7)]
    [InlineData("mobilenetv1_025", 4)] // trained at 128 pixels, and weak: PyTorch gets as many right with it
    public void Published_weights_recognise_what_is_on_photos(string name, int atLeast)
    {
        var photos = SharedFolder.Path("data", "photos");
        using var file = WeightFile.Open(SharedFolder.Path("weights", $"{name}.safetensors"));
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Backbones.Get(name).Create(1000);
        StateDict.Load(model, file, new LoadOptions());
        model.eval();
        List<string> wrong = [];
        var lines = File.ReadLines(Path.Combine(photos, "expected.csv")).Skip(1).ToList();
        foreach (var line in lines)
        {
            var fields = line.Split(',');
            var best = model.call(Decode(Path.Combine(photos, fields[0]))).argmax(1).ToInt64();
            if (!fields[1].Split(' ').Contains($"{best}")) wrong.Add($"{name} takes {fields[0]} for class {best}; accepted are {fields[1]}.");
        }
        Assert.True(lines.Count - wrong.Count >= atLeast, string.Join('\n', wrong));
    }

    /// <summary>A picture that already has the network's input size, as float [1,3,224,224].</summary>
    private static Tensor Decode(string path)
    {
        using var codec = SKCodec.Create(path);
        using var bitmap = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        Assert.Equal(SKCodecResult.Success, codec.GetPixels(bitmap.Info, bitmap.GetPixels()));
        Assert.Equal((224, 224), (bitmap.Width, bitmap.Height));
        var pixels = bitmap.GetPixelSpan();
        var input = empty(1, 3, 224, 224);
        // All of these weights take ImageNet's, whatever the default weights of the network take.
        var (mean, std) = (Preprocessing.ImageNet.Mean, Preprocessing.ImageNet.Std);
        var values = MemoryMarshal.Cast<byte, float>(input.bytes);
        for (var channel = 0; channel < 3; channel++)
        {
            for (var i = 0; i < 224 * 224; i++)
                values[channel * 224 * 224 + i] = (pixels[4 * i + channel] / 255f - mean[channel]) / std[channel];
        }
        return input;
    }
}
