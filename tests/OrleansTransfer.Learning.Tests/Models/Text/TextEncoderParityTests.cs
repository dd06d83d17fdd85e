using System.Globalization;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models.Text;

/// <summary>Encoders against a reference that follows the published descriptions with single texts and no padding.</summary>
public sealed class TextEncoderParityTests : IDisposable
{
    private const int Classes = 3;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => SmallEncoders.Names;

    [Theory, MemberData(nameof(Names))]
    public void A_padded_batch_computes_what_the_description_says_for_each_text(string name)
    {
        var sizes = SmallEncoders.Sizes(name);
        var numbers = new[] { sizes.Layers, sizes.Hidden, sizes.Heads, sizes.Inner, sizes.Vocabulary, sizes.Positions, sizes.TokenTypes };
        Python.RunFile("torch, numpy", Path.Combine(AppContext.BaseDirectory, "Models", "Text", "reference_encoder.py"),
        [
            name, .. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)),
            sizes.NormEpsilon.ToString(CultureInfo.InvariantCulture), $"{Classes}", _folder.Path,
        ]);

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.Create(name, Classes);
        using (var weights = WeightFile.Open(_folder["weights.safetensors"]))
        {
            var report = StateDict.Load(model, weights, new LoadOptions());
            Assert.Equal(model.state_dict().Keys.Order(), report.Loaded.Order());
            Assert.Contains("without what serves pre-training only", Assert.Single(report.Remarks));
        }
        model.eval();
        using var expected = WeightFile.Open(_folder["expected.safetensors"]);
        var outputs = model.Outputs(expected.Load("tokens"));
        var (features, logits) = (Deviation(outputs.Features, expected.Load("features")), Deviation(outputs.Logits, expected.Load("logits")));
        Assert.True(features <= 1e-4, $"The features of {name} deviate by {features:E2}.");
        Assert.True(logits <= 1e-4, $"The logits of {name} deviate by {logits:E2}.");
    }

    public void Dispose() => _folder.Dispose();

    private static float Deviation(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        return (actual - expected).abs().max().ToSingle();
    }
}
