using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Trunks;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Trunks;

/// <summary>Runs on kept features beside the same runs on pictures.</summary>
public sealed class TrunkTrainingTests : IDisposable
{
    private readonly TrunkRuns _runs = new();

    public TrunkTrainingTests() => ComputeThread.Configure(1);

    public void Dispose() => _runs.Dispose();

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
    public void A_run_on_kept_features_has_the_losses_of_one_on_pictures_and_computes_each_once(string network, int parts)
    {
        var setting = new TrunkSetting(network) { Parts = parts };
        var expected = _runs.Train(setting);
        var first = _runs.Train(setting, _runs.Cache());
        var later = _runs.Train(setting, _runs.Cache());

        first.AssertLossesOf(expected);
        later.AssertBitsOf(first);
        Assert.Equal((_runs.Samples, 2 * _runs.Samples), (first.Computed, first.Read));
        Assert.Equal((0, 3 * _runs.Samples), (later.Computed, later.Read));
    }

    [Theory]
    [InlineData("mobilenetv1_025")]
    [InlineData("mobilenet_v3_small")]
    [InlineData("resnet18")]
    [InlineData("squeezenet1_1")]
    public void Features_of_a_sample_are_the_same_bits_in_whatever_company_it_comes(string network)
    {
        using var scope = torch.NewDisposeScope();
        using var model = TrunkRuns.Model(network, 0.3);
        using var replica = new Replica(TrunkRuns.Plan(model, "fine-tune", "none", 1, 0.3), model, torch.CPU);
        var trunk = new FrozenTrunk(replica);
        var size = TrunkRuns.PreprocessingOf(network).Crop;
        var pictures = torch.rand(11, 3, size, size);
        var all = trunk.Of(pictures);
        Assert.Equal(all.shape[1..], trunk.ShapeOfSample(size));
        foreach (var few in new[] { 1, 3, 8 })
        {
            var parts = Enumerable.Range(0, (11 + few - 1) / few).Select(i => trunk.Of(pictures.narrow(0, i * few, Math.Min(few, 11 - i * few))));
            Assert.True(torch.cat([.. parts]).equal(all).all().item<bool>(), $"in batches of {few}");
        }
    }

    [Theory]
    [InlineData("lp-ft")]
    [InlineData("gradual")]
    public void Features_serve_until_the_backbone_trains_and_then_pictures(string method)
    {
        var setting = new TrunkSetting("mobilenetv1_025", method, "last-3-stages", Epochs: 4);
        var expected = _runs.Train(setting);
        var actual = _runs.Train(setting, _runs.Cache());
        var later = _runs.Train(setting, _runs.Cache());

        actual.AssertLossesOf(expected, 1e-4);
        later.AssertBitsOf(actual);
        Assert.Equal((_runs.Samples, 0), (actual.Computed, actual.Read));
        Assert.Equal((0, _runs.Samples), (later.Computed, later.Read));
        Assert.NotEqual(expected.Steps[0].Phase, expected.Steps[^1].Phase);
    }

    [Theory]
    [InlineData(2, false)] // in the middle of the first epoch
    [InlineData(3, false)] // its steps are done, its evaluation is not
    [InlineData(4, false)] // in the second epoch of the probe
    [InlineData(6, true)] // the backbone begins to train
    [InlineData(8, false)] // in the middle of its first epoch
    public void A_run_that_is_resumed_has_the_same_bits_with_the_same_features_or_none_left(int at, bool endOfEpoch)
    {
        var setting = new TrunkSetting("mobilenet_v3_small", "lp-ft", "last-3-stages", Epochs: 5);
        var straight = _runs.Train(setting, _runs.Cache(), wants: (position, end) => position.GlobalStep == at && end == endOfEpoch);
        using var checkpoint = Assert.Single(straight.Observer.Checkpoints);
        Assert.Equal(6, straight.Steps.Count(step => step.Phase == "linear-probe"));

        _runs.Train(setting, _runs.Cache(), from: checkpoint).AssertBitsOf(straight);
        var elsewhere = _runs.Train(setting, _runs.Cache("elsewhere"), from: checkpoint);
        elsewhere.AssertBitsOf(straight);
        Assert.Equal(at < 6, elsewhere.Computed > 0);
    }

    [Theory]
    [InlineData(2, "fine-tune", "none", false)]
    [InlineData(2, "fine-tune", "none", true)]
    [InlineData(3, "fine-tune", "none", true)]
    [InlineData(2, "lp-ft", "last-3-stages", true)]
    public void N_workers_on_kept_features_train_as_one_on_pictures(int workers, string method, string unfreeze, bool oneNode)
    {
        var setting = new TrunkSetting("mobilenetv1_025", method, unfreeze, Epochs: 4) { Dropout = 0 };
        var frozenEpochs = method == "lp-ft" ? 1 : 4;
        var alone = _runs.Train(setting);
        var group = LockstepExchange.RunGroup(
            workers, (exchange, _) => _runs.Train(setting, _runs.Cache(oneNode ? "node" : $"node{exchange.Rank}"), exchange));

        foreach (var rank in group)
        {
            rank.AssertLossesOf(alone, 1e-4);
            Assert.Equal(group[0].Weights, rank.Weights);
        }
        Assert.Equal(frozenEpochs * _runs.Samples, group.Sum(rank => rank.Computed + rank.Read));
        if (oneNode) Assert.Equal(_runs.Samples, group.Sum(rank => rank.Computed));
        else Assert.All(group, rank => Assert.InRange(rank.Computed, 1, _runs.Samples));
    }

    [Fact]
    public void A_run_that_loses_and_gains_workers_in_the_middle_walks_through_the_same_losses()
    {
        var setting = new TrunkSetting("mobilenetv1_025", Epochs: 4) { Dropout = 0 };
        var alone = _runs.Train(setting);
        var two = LockstepExchange.RunGroup(2, (exchange, _) => _runs.Train(setting, _runs.Cache($"node{exchange.Rank}"), exchange, pauseAfter: 4));
        var one = _runs.Train(setting, _runs.Cache("node1"), from: two[1].State, pauseAfter: 3);
        var three = LockstepExchange.RunGroup(
            3, (exchange, _) => _runs.Train(setting, _runs.Cache($"node{exchange.Rank}"), exchange, from: one.State));

        Assert.Equal([4, 3, 5], new[] { two[0], one, three[0] }.Select(run => run.Steps.Count));
        var losses = two[0].Steps.Concat(one.Steps).Concat(three[0].Steps).Select(step => step.Loss);
        Assert.All(alone.Steps.Zip(losses), pair => Assert.Equal(pair.First.Loss, pair.Second, 1e-4 * pair.First.Loss));
        Assert.All(three, rank => Assert.Equal(three[0].Weights, rank.Weights));
        Assert.True(three[1].Computed < three[2].Computed, "A node that was there before computes less than one that has just come.");
    }

    [Fact]
    public void Pictures_whose_features_are_kept_are_not_read()
    {
        var setting = new TrunkSetting("lenet");
        var first = _runs.Train(setting, _runs.Cache());
        // Of the same size and time, so that nothing but decoding could tell.
        foreach (var path in _runs.Training.Samples.Select(sample => Path.Combine(_runs.Training.Root, sample.Path)))
        {
            var time = File.GetLastWriteTimeUtc(path);
            Ruin(path);
            File.SetLastWriteTimeUtc(path, time);
        }
        Assert.Throws<LearningException>(() => _runs.Train(setting));

        _runs.Train(setting, _runs.Cache()).AssertBitsOf(first);
    }

    [Fact]
    public void Features_that_are_damaged_are_computed_anew()
    {
        var setting = new TrunkSetting("lenet", Epochs: 2);
        var first = _runs.Train(setting, _runs.Cache());
        foreach (var file in Directory.GetFiles(_runs.Folder["kept"]))
        {
            // The last third of the file: features of some of the samples.
            var bytes = File.ReadAllBytes(file);
            for (var i = 2 * bytes.Length / 3; i < bytes.Length; i++) bytes[i] ^= 1;
            File.WriteAllBytes(file, bytes);
        }

        var second = _runs.Train(setting, _runs.Cache());
        second.AssertBitsOf(first);
        Assert.InRange(second.Computed, _runs.Samples / 4, _runs.Samples / 2);
        Assert.Equal(0, _runs.Train(setting, _runs.Cache()).Computed);
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
            var size = Math.Max(48, backbone.MinimumInputSize);
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
        Assert.Contains("do not follow", FrozenTrunk.WhyNot(TrunkRuns.Plan(inception, "fine-tune", "none", 3, 0), inception));
        using var resnet = Backbones.Get("resnet18").Create(2);
        Assert.Contains("trains more than the head", FrozenTrunk.WhyNot(TrunkRuns.Plan(resnet, "fine-tune", "last-1-stages", 3, 0), resnet));
        foreach (var (method, unfreeze, epochs) in new[]
            { ("fine-tune", "none", 6), ("feature-extraction", "all", 6), ("lp-ft", "last-1-stages", 2), ("gradual", "last-2-stages", 1) })
        {
            var plan = TrunkRuns.Plan(resnet, method, unfreeze, 6, 0);
            Assert.Null(FrozenTrunk.WhyNot(plan, resnet));
            Assert.Equal(epochs, FrozenTrunk.EpochsOf(plan));
        }
    }

    [Fact]
    public void A_key_follows_from_weights_pictures_and_preprocessing_and_from_no_name()
    {
        var preprocessing = TrunkRuns.PreprocessingOf("lenet").ForInputSize(48);
        using var model = TrunkRuns.Model("lenet", 0.3);
        using var other = TrunkRuns.Model("lenet", 0.3, seed: 2);
        var key = Key(model, preprocessing, _runs.Training);

        Directory.Move(_runs.Folder["train"], _runs.Folder["renamed"]);
        var moved = _runs.Scan("renamed");
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

    [Fact]
    public void Digests_are_looked_up_until_a_picture_has_another_size_or_time()
    {
        var digests = new PictureDigests();
        var (root, samples) = (_runs.Training.Root, _runs.Training.Samples);
        var path = Path.Combine(root, samples[2].Path);
        var digest = digests.Of(root, samples, TrunkRuns.Token);
        var time = File.GetLastWriteTimeUtc(path);
        Ruin(path);
        File.SetLastWriteTimeUtc(path, time);
        Assert.Same(digest, digests.Of(root, samples, TrunkRuns.Token));
        File.SetLastWriteTimeUtc(path, time.AddSeconds(1));
        Assert.NotEqual(digest, digests.Of(root, samples, TrunkRuns.Token));
    }

    private static void Ruin(string path) => File.WriteAllBytes(path, new byte[new FileInfo(path).Length]);

    private static string Key(Classifier model, Preprocessing preprocessing, ImageDataset dataset) =>
        TrunkKey.Of(model, preprocessing, new PictureDigests().Of(dataset.Root, dataset.Samples, TrunkRuns.Token));
}
