using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

public class PretrainedTests
{
    [Theory]
    [InlineData("squeezenet1_0")]
    [InlineData("mobilenet_v2")]
    public void Published_weights_recognise_what_is_on_photos(string name)
    {
        var photos = SharedFolder.Path("data", "photos");
        using var file = SafetensorsFile.Open(SharedFolder.Path("weights", $"{name}.safetensors"));
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var backbone = Backbones.Get(name);
        using var model = backbone.Create(1000);
        StateDict.Load(model, file, new LoadOptions());
        model.eval();
        foreach (var line in File.ReadLines(Path.Combine(photos, "expected.csv")).Skip(1))
        {
            var fields = line.Split(',');
            var best = model.call(Decode(Path.Combine(photos, fields[0]), backbone)).argmax(1).ToInt64();
            Assert.True(fields[1].Split(' ').Contains($"{best}"), $"{name} takes {fields[0]} for class {best}; accepted are {fields[1]}.");
        }
    }

    /// <summary>A picture that already has the network's input size, as float [1,3,224,224].</summary>
    private static Tensor Decode(string path, Backbone backbone)
    {
        using var codec = SKCodec.Create(path);
        using var bitmap = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        Assert.Equal(SKCodecResult.Success, codec.GetPixels(bitmap.Info, bitmap.GetPixels()));
        Assert.Equal((224, 224), (bitmap.Width, bitmap.Height));
        var pixels = bitmap.GetPixelSpan();
        var input = empty(1, 3, 224, 224);
        var values = MemoryMarshal.Cast<byte, float>(input.bytes);
        for (var channel = 0; channel < 3; channel++)
        {
            for (var i = 0; i < 224 * 224; i++)
                values[channel * 224 * 224 + i] = (pixels[4 * i + channel] / 255f - backbone.Preprocessing.Mean[channel]) / backbone.Preprocessing.Std[channel];
        }
        return input;
    }
}
