using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Tests.Models.Text;
using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Trunks;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Trunks;

/// <summary>Runs of text encoders on kept features beside the same runs on texts.</summary>
public sealed class TextTrunkTests : IDisposable
{
    private const int Texts = 37, BatchSize = 10, MaximumLength = 20;
    private const double Dropout = 0.2;

    private readonly TemporaryFolder _folder = new();

    public TextTrunkTests() => ComputeThread.Configure(1);

    public static TheoryData<string> Names => SmallEncoders.Names;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void A_run_of_a_frozen_encoder_has_the_same_losses_on_kept_features_and_computes_each_once(string name)
    {
        var expected = Train(name, "feature-extraction", epochs: 3);
        var first = Train(name, "feature-extraction", epochs: 3, Cache());
        var later = Train(name, "feature-extraction", epochs: 3, Cache());

        first.AssertLossesOf(expected, 1e-4);
        later.AssertBitsOf(first);
        Assert.Equal((Texts, 2 * Texts), (first.Computed, first.Read));
        Assert.Equal((0, 3 * Texts), (later.Computed, later.Read));
    }

    [Theory]
    [InlineData("distilbert", "lp-ft")]
    [InlineData("roberta", "gradual")]
    public void Features_serve_until_the_encoder_trains(string name, string method)
    {
        var expected = Train(name, method, epochs: 4);
        var actual = Train(name, method, epochs: 4, Cache());
        actual.AssertLossesOf(expected, 1e-3);
        Assert.Equal(Texts, actual.Computed + actual.Read);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void N_workers_on_kept_features_train_as_one_on_texts(int workers)
    {
        var alone = Train("sentence", "feature-extraction", epochs: 3, dropout: 0);
        var group = LockstepExchange.RunGroup(
            workers, (exchange, _) => Train("sentence", "feature-extraction", epochs: 3, Cache(), exchange, dropout: 0));
        foreach (var rank in group) rank.AssertLossesOf(alone, 1e-4);
        Assert.Equal(Texts, group.Sum(rank => rank.Computed));
    }

    [Theory, MemberData(nameof(Names))]
    public void Features_of_a_text_are_the_same_bits_in_whatever_company_it_comes(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(name, Dropout);
        using var replica = new Replica(Plan(model, "feature-extraction", 1, Dropout), model, torch.CPU);
        var trunk = new FrozenTrunk(replica);
        var all = FeaturesInBatchesOf(Texts);
        Assert.Equal(all.shape[1..], trunk.ShapeOfSample(null));
        foreach (var few in new[] { 1, 3, 11 }) Assert.True(FeaturesInBatchesOf(few).equal(all).all().item<bool>(), $"in batches of {few}");

        torch.Tensor FeaturesInBatchesOf(int texts)
        {
            using var stream = new TextBatchStream(Tokens(model), new(Texts, texts, 3, shuffle: false), 0, 1, 42);
            var steps = Enumerable.Range(0, stream.StepsPerEpoch);
            return torch.cat([.. steps.Select(step => trunk.Of(stream.Take(0, step, CancellationToken.None).Inputs))]);
        }
    }

    [Fact]
    public void Dropouts_within_an_encoder_rest_while_all_of_it_is_frozen()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var model = Model("roberta", Dropout);
        var tokens = SmallEncoders.Batch(model, [0, 5, 6, 2], [0, 7, 2]);
        Freezing.Apply(model, Plan(model, "lp-ft", 2, Dropout).Phases[0], BatchNormPolicy.Frozen);
        Assert.True(SameTwice(model.Trunk));
        Assert.False(SameTwice(model.Features), "The head's own dropout does not rest.");

        Freezing.Apply(model, Plan(model, "lp-ft", 2, Dropout).Phases[1], BatchNormPolicy.Frozen);
        Assert.False(SameTwice(model.Trunk));

        bool SameTwice(Func<torch.Tensor, torch.Tensor> function)
        {
            var first = Seeded(1);
            return first.equal(Seeded(2)).all().item<bool>();

            torch.Tensor Seeded(long seed)
            {
                foreach (var dropout in model.modules().OfType<SeededDropout>()) dropout.Reseed(seed);
                return function(tokens);
            }
        }
    }

    [Fact]
    public void A_key_follows_from_weights_sizes_and_tokens()
    {
        using var model = Model("bert", Dropout);
        using var other = Model("bert", Dropout, seed: 2);
        var key = TrunkKey.Of(model, Tokens(model));
        Assert.Equal(key, TrunkKey.Of(model, Tokens(model)));
        model.ReplaceHead(3, 0.5, seed: 11);
        Assert.Equal(key, TrunkKey.Of(model, Tokens(model)));
        Assert.NotEqual(key, TrunkKey.Of(other, Tokens(other)));
        Assert.NotEqual(key, TrunkKey.Of(model, Tokens(model, first: 1)));
    }

    private TrunkCache Cache() => new(_folder["kept"], 1_000_000_000);

    private static TextEncoder Model(string name, double dropout, long seed = 1)
    {
        var model = SmallEncoders.CreateInitialized(name, dropout: dropout, seed: seed);
        model.ReplaceHead(3, dropout, seed: 2);
        return model;
    }

    private static TokenizedTexts Tokens(TextEncoder model, int first = 0) => TokenizedTexts.Of(
        [.. Enumerable.Range(first, Texts).Select(i => new TextSample($"{i}", i % 3, i + 1))], new Counting(model.PaddingToken), "", MaximumLength);

    private static TrainingPlan Plan(TextEncoder model, string method, int epochs, double dropout) => new(
        model.Architecture, 3, dropout, TransferMethods.Plan(method, new(epochs, "last-2-stages", 1e-3, 0.1), model), BatchNormPolicy.Frozen,
        OptimizerKind.AdamW, 0.01, ScheduleKind.OneCycle, 42);

    private static TrunkRun Train(
        string name, string method, int epochs, TrunkCache? cache = null, IGradientExchange? exchange = null, double dropout = Dropout)
    {
        exchange ??= new NoExchange();
        using var model = Model(name, dropout);
        using var replica = new Replica(Plan(model, method, epochs, dropout), model, torch.CPU);
        var texts = Tokens(model);
        var (computed, read) = (0, 0);
        using var train = Open(new BatchPlan(Texts, BatchSize, 3, shuffle: true).ByLength(texts.Lengths), kept: true);
        using var test = Open(new BatchPlan(Texts, 64, 3, shuffle: false), kept: false);
        var observer = new RecordingObserver();
        var loop = new TrainingLoop(replica, new SupervisedObjective(), TrainingData.Supervised(train, test, ["a", "b", "c"]), exchange, observer);
        loop.Run(TrainingPosition.Start, TestContext.Current.CancellationToken);
        return new(observer, Runs.Hashes(model), loop.Position, replica.Capture(loop.Position), computed, read);

        IBatchStream Open(BatchPlan plan, bool kept)
        {
            var stream = new TextBatchStream(texts, plan, exchange.Rank, exchange.WorldSize, 42);
            if (cache is null || !kept) return stream;
            var trunk = new FrozenTrunk(replica);
            var file = cache.Open(TrunkKey.Of(model, texts), texts.Samples, () => trunk.ShapeOfSample(null)).File;
            return new TrunkStream(stream, file, trunk) { Count = (made, found) => (computed, read) = (computed + made, read + found) };
        }
    }

    /// <summary>Makes texts of many lengths of numbers.</summary>
    private sealed class Counting(int padding) : ITextTokenizer
    {
        public int PaddingToken => padding;

        public int VocabularySize => SmallEncoders.Vocabulary;

        public EncodedText Encode(string text, int maximumLength)
        {
            var number = int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
            var length = 3 + number * 7 % (MaximumLength - 4);
            return new([3, .. Enumerable.Range(0, length).Select(i => 4 + (number * 13 + i * i) % (SmallEncoders.Vocabulary - 4)), 2], false);
        }
    }
}
