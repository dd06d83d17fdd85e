using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Trunks;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Trunks;

/// <summary>Runs on kept features beside the same runs on pictures.</summary>
public sealed class TrunkTrainingTests : IDisposable
{
    private const int Size = 48, Epochs = 3, BatchSize = 5;
    private const double Dropout = 0.3;

    private readonly TemporaryFolder _folder = new();
    private readonly ImageDataset _train, _test;

    public TrunkTrainingTests()
    {
        LeafDataset.WriteTarget(_folder.Path, perClassTrain: 8, perClassTest: 4, seed: 5, size: Size);
        (_train, _test) = (Scan("train"), Scan("test"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    // One of each family, with all that can be random: dropout in the head, and where the network has it within the backbone.
    [Theory]
    [InlineData("lenet", 1)]
    [InlineData("squeezenet1_1", 1)]
    [InlineData("squeezenet1_1", 2)]
    [InlineData("mobilenetv1_025", 1)]
    [InlineData("mobilenet_v2", 1)]
    [InlineData("mobilenet_v3_small", 1)]
    [InlineData("resnet18", 1)]
    [InlineData("legacy_xception", 1)]
    public void A_run_on_kept_features_has_the_losses_of_one_on_pictures(string network, int parts)
    {
        ComputeThread.Configure(1);
        var (expected, weights) = Train(network, parts, kept: false);
        var (actual, same) = Train(network, parts, kept: true);

        Assert.Equal(expected.Steps.Count, actual.Steps.Count);
        Assert.All(expected.Steps.Zip(actual.Steps), pair => AssertClose(pair.First.Loss, pair.Second.Loss));
        Assert.All(expected.Steps.Zip(actual.Steps), pair => AssertClose(pair.First.GradientNorm, pair.Second.GradientNorm));
        Assert.All(expected.Epochs.Zip(actual.Epochs), pair => AssertClose(pair.First.Validation!.Loss, pair.Second.Validation!.Loss));
        Assert.Equal(expected.Epochs.Select(epoch => epoch.Validation!.Accuracy), actual.Epochs.Select(epoch => epoch.Validation!.Accuracy));
        Assert.All(weights.Zip(same), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void Every_network_for_pictures_gives_the_same_from_its_trunk_on()
    {
        // Networks with many weights differ from their smaller sisters in nothing that matters here.
        foreach (var backbone in Backbones.All.Where(backbone => backbone.Name is not ("vgg19" or "vgg19_bn" or "vgg16_bn" or "resnet101" or "resnet152")))
        {
            using var scope = torch.NewDisposeScope();
            using var model = backbone.Create(3);
            model.Initialize(1);
            foreach (var prefix in model.OptionalPrefixes.ToList()) model.RemoveOptional(prefix);
            model.eval();
            using var noGrad = torch.no_grad();
            var size = Math.Max(Size, backbone.MinimumInputSize);
            var input = torch.rand(2, 3, size, size);
            Assert.True(model.HasTrunk);
            var (whole, parts) = (model.Outputs(input), model.OutputsOfTrunk(model.Trunk(input).contiguous()));
            Assert.True(whole.Logits.allclose(parts.Logits, 1e-5, 1e-6), backbone.Name);
            Assert.True(whole.Features.allclose(parts.Features, 1e-5, 1e-6), backbone.Name);
        }
    }

    [Fact]
    public void A_network_with_a_second_classifier_and_one_that_trains_below_its_head_keep_nothing()
    {
        using var inception = Backbones.Get("inception_v3").Create(2);
        Assert.Contains("do not follow", TrunkRecorder.WhyNot(Plan(inception, "none"), inception, AugmentKind.None));
        using var resnet = Backbones.Get("resnet18").Create(2);
        Assert.Null(TrunkRecorder.WhyNot(Plan(resnet, "none"), resnet, AugmentKind.None));
        Assert.Contains("trains more than the head", TrunkRecorder.WhyNot(Plan(resnet, "last-1-stages"), resnet, AugmentKind.None));
        Assert.Contains("varied anew", TrunkRecorder.WhyNot(Plan(resnet, "none"), resnet, AugmentKind.Flip));
    }

    [Fact]
    public void A_key_follows_from_weights_pictures_and_preprocessing_and_from_no_name()
    {
        var preprocessing = Preprocessing.ImageNet.ForInputSize(Size);
        using var model = Model("lenet");
        using var other = Model("lenet", seed: 2);
        var key = Key(model, preprocessing, _train);

        Directory.Move(_folder["train"], _folder["renamed"]);
        var moved = Scan("renamed");
        Assert.Equal(key, Key(model, preprocessing, moved));
        model.ReplaceHead(2, 0.5, seed: 9);
        Assert.Equal(key, Key(model, preprocessing, moved));

        Assert.NotEqual(key, Key(other, preprocessing, moved));
        Assert.NotEqual(key, Key(model, preprocessing.ForInputSize(32), moved));
        Assert.NotEqual(key, Key(model, preprocessing, moved with { Samples = [.. moved.Samples.Reverse()] }));
        File.AppendAllText(Path.Combine(moved.Root, moved.Samples[3].Path), "x");
        Assert.NotEqual(key, Key(model, preprocessing, moved));
        File.Delete(Path.Combine(moved.Root, moved.Samples[3].Path));
        Assert.Contains(moved.Samples[3].Path, Assert.Throws<LearningException>(() => Key(model, preprocessing, moved)).Message);
    }

    private static string Key(Classifier model, Preprocessing preprocessing, ImageDataset dataset) =>
        TrunkKey.Of(model, preprocessing, dataset.Root, dataset.Samples, Token);

    private (RecordingObserver Observer, float[] Head) Train(string network, int parts, bool kept)
    {
        using var model = Model(network);
        using var replica = new Replica(Plan(model, "none") with { Accumulate = parts }, model, torch.CPU);
        var cache = new TrunkCache(_folder["kept"], 1_000_000_000);
        var preprocessing = Backbones.Get(network).Preprocessing.ForInputSize(Math.Max(Size, Backbones.Get(network).MinimumInputSize));
        using var train = Stream(_train, new(_train.Samples.Count, BatchSize, 3, shuffle: true));
        using var test = Stream(_test, new(_test.Samples.Count, 64, 3, shuffle: false));
        var observer = new RecordingObserver();
        new TrainingLoop(replica, new SupervisedObjective(), TrainingData.Supervised(train, test, _train.Labels), new NoExchange(), observer)
            .Run(TrainingPosition.Start, Token);
        using var scope = torch.NewDisposeScope();
        var weights = model.state_dict().Where(entry => model.IsHead(entry.Key)).OrderBy(entry => entry.Key, StringComparer.Ordinal);
        return (observer, [.. weights.SelectMany(entry => entry.Value.contiguous().data<float>().ToArray())]);

        IBatchStream Stream(ImageDataset dataset, BatchPlan plan)
        {
            if (!kept) return Pictures(dataset, plan);
            var file = cache.Open(Key(model, preprocessing, dataset), dataset.Samples.Count, writer =>
            {
                using var pictures = Pictures(dataset, new(dataset.Samples.Count, 64, 0, shuffle: false));
                TrunkRecorder.Record(replica, pictures, writer, Token);
            }, Token).File;
            return new TrunkStream(file, [.. dataset.Samples.Select(sample => sample.Label)], plan, 0, 1);
        }

        ImageBatchStream Pictures(ImageDataset dataset, BatchPlan plan) =>
            new(dataset.Root, dataset.Samples, preprocessing, AugmentKind.None, plan, 0, 1, 42, new(1, 1));
    }

    private static Classifier Model(string network, long seed = 1)
    {
        var model = Backbones.Get(network).Create(2);
        model.Initialize(seed);
        model.ReplaceHead(2, Dropout, 7);
        return model;
    }

    private static TrainingPlan Plan(Classifier model, string unfreeze) => new(
        model.Architecture, 2, Dropout, TransferMethods.Plan("fine-tune", new(Epochs, unfreeze, 1e-2, 0.1), model), BatchNormPolicy.Frozen,
        OptimizerKind.AdamW, 0.01, ScheduleKind.OneCycle, 42);

    private ImageDataset Scan(string folder) => ImageFolder.Scan(_folder[folder], labels: null, Token);

    private static void AssertClose(double expected, double actual) => Assert.Equal(expected, actual, 1e-5 * Math.Max(1e-3, Math.Abs(expected)));
}
