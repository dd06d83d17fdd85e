using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Tests.Data;
using SkiaSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Evaluation;

public sealed class PredictorTests
{
    private static readonly Preprocessing Small = new(8, 8, Interpolation.Bilinear, [0, 0, 0], [1, 1, 1]);

    [Fact]
    public void The_brightest_channel_wins_with_its_softmax_probability()
    {
        using var folder = new TemporaryFolder();
        var files = new List<string>();
        for (var i = 0; i < 40; i++) files.Add(folder.Write($"{i}.png", Plain(i % 3)));
        using var model = new ChannelMeans();
        var predictions = new Predictor(model, Small, ["red", "green", "blue"]).Predict(files, 2, TestContext.Current.CancellationToken);
        Assert.Equal(files, predictions.Select(prediction => prediction.Path));
        string[] colours = ["red", "green", "blue"];
        Assert.Equal(Enumerable.Range(0, 40).Select(i => colours[i % 3]), predictions.Select(prediction => prediction.Top[0].Label));
        Assert.All(predictions, prediction => Assert.Equal(Math.E / (Math.E + 2), prediction.Top[0].Probability, 1e-5));
        Assert.All(predictions, prediction => Assert.Equal(2, prediction.Top.Count));
        Assert.True(model.training);
    }

    [Fact]
    public void A_file_that_is_no_picture_is_named()
    {
        using var folder = new TemporaryFolder();
        using var model = new ChannelMeans();
        var file = folder.Write("words.jpg", "words"u8);
        var predictor = new Predictor(model, Small, ["red", "green", "blue"]);
        Assert.Contains(file, Assert.Throws<LearningException>(() => predictor.Predict([file], 1, TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public void The_sheet_shows_right_and_wrong_predictions_without_any_installed_font()
    {
        using var folder = new TemporaryFolder();
        var file = folder.WritePicture("a.png", 90, 60);
        var png = PredictionSheet.Draw(
            [new(file, new("healthy", 0.987), "healthy"), new(file, new("cedar_apple_rust", 0.512), "healthy"), new(file, new("x", 1))], 2);
        using var sheet = SKBitmap.Decode(png);
        Assert.Equal((12 + (2 * 182), 12 + (2 * 244)), (sheet.Width, sheet.Height));
        Assert.True(sheet.GetPixel(14, 90).Green > sheet.GetPixel(14, 90).Red);
        Assert.True(sheet.GetPixel(182 + 14, 90).Red > sheet.GetPixel(182 + 14, 90).Green);
        var ink = Enumerable.Range(12, 170).Sum(x => Enumerable.Range(186, 36).Count(y => sheet.GetPixel(x, y).Red < 128));
        Assert.InRange(ink, 200, 2000);
    }

    private static byte[] Plain(int channel)
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(channel switch { 0 => new(255, 0, 0), 1 => new(0, 255, 0), _ => new(0, 0, 255) });
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Its logits are the mean of each channel.</summary>
    private sealed class ChannelMeans() : Classifier("channel-means")
    {
        public override IReadOnlyList<Stage> Stages => [];
        public override IReadOnlyList<string> HeadPrefixes { get; } = ["fc"];
        public override int FeatureWidth => 3;
        public override int Classes { get; protected set; } = 3;
        public override void ReplaceHead(int classes, double dropout, long seed) => throw new NotSupportedException();
        public override Tensor Features(Tensor input) => input.mean([2, 3]);
        public override void Initialize(long seed) { }
        protected override Tensor Logits(Tensor features) => features.alias();
    }
}
