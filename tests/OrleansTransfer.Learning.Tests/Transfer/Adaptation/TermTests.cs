using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Transfer.Adaptation;

/// <summary>Terms against their formulas, written out sample by sample.</summary>
public class TermTests
{
    private const int Sources = 6, Targets = 5, Width = 4, Classes = 3;

    [Fact]
    public void Reversed_gradients_come_back_times_minus_the_strength()
    {
        using var scope = NewDisposeScope();
        var x = randn(3, 2).requires_grad_();
        var y = GradientReversal.Reverse(x, 0.3);
        Assert.True(y.allclose(x, atol: 1e-6));
        (y * 2).sum().backward();
        Assert.True(x.grad!.allclose(full(3, 2, -0.6f), atol: 1e-6));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0.46212)]
    [InlineData(0.5, 0.98661)]
    [InlineData(1, 0.99991)]
    public void The_warm_up_is_that_of_the_paper(double progress, double expected) => Assert.Equal(expected, GradientReversal.WarmUp(progress), 1e-5);

    [Fact]
    public void Mmd_is_the_unbiased_estimate_with_five_kernels()
    {
        var (context, source, target, _, _) = Step();
        var all = source.Concat(target).ToArray();
        double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();
        var mean = all.SelectMany(a => all.Select(b => Distance(a, b))).Average();
        double Kernel(double[] a, double[] b) => new[] { 0.125, 0.25, 0.5, 1, 2 }.Sum(factor => Math.Exp(-Distance(a, b) / (2 * factor * mean)));
        double Within(double[][] rows) => rows.SelectMany((a, i) => rows.Where((_, j) => j != i).Select(b => Kernel(a, b))).Average();
        var between = source.SelectMany(a => target.Select(b => Kernel(a, b))).Average();
        Assert.Equal(Within(source) + Within(target) - 2 * between, Value("mmd", context), 1e-4);
    }

    [Fact]
    public void Coral_compares_covariances()
    {
        var (context, source, target, _, _) = Step();
        double[,] Covariance(double[][] rows)
        {
            var result = new double[Width, Width];
            var means = Enumerable.Range(0, Width).Select(i => rows.Average(row => row[i])).ToArray();
            for (var i = 0; i < Width; i++)
                for (var j = 0; j < Width; j++) result[i, j] = rows.Sum(row => (row[i] - means[i]) * (row[j] - means[j])) / (rows.Length - 1);
            return result;
        }
        var (s, t) = (Covariance(source), Covariance(target));
        var sum = 0.0;
        for (var i = 0; i < Width; i++)
            for (var j = 0; j < Width; j++) sum += (s[i, j] - t[i, j]) * (s[i, j] - t[i, j]);
        Assert.Equal(sum / (4 * Width), Value("coral", context), 1e-4);
    }

    [Fact]
    public void Mcc_is_the_mean_confusion_between_classes()
    {
        var (context, _, _, _, logits) = Step();
        var rows = logits.Select(row => Softmax(row.Select(value => value / 2.5).ToArray())).ToArray();
        var raw = rows.Select(row => 1 + Math.Exp(row.Sum(p => p * Math.Log(p)))).ToArray();
        var weights = raw.Select(weight => weight / raw.Sum() * rows.Length).ToArray();
        var confusion = 0.0;
        for (var k = 0; k < Classes; k++)
        {
            double Entry(int other) => rows.Select((row, i) => weights[i] * row[k] * row[other]).Sum();
            var total = Enumerable.Range(0, Classes).Sum(Entry);
            confusion += Enumerable.Range(0, Classes).Where(other => other != k).Sum(other => Entry(other) / total);
        }
        Assert.Equal(confusion / Classes, Value("mcc", context), 1e-4);
    }

    [Fact]
    public void Afn_asks_for_features_one_longer_than_they_are() => Assert.Equal(0.05 * 2, Value("afn", Step().Context), 1e-5);

    [Fact]
    public void A_discriminator_without_a_clue_costs_the_logarithm_of_two()
    {
        var (context, _, _, _, _) = Step();
        foreach (var name in new[] { "dann", "cdan", "cdan-e" })
        {
            var objective = ((IAdaptationMethod)TransferMethods.Get(name)).Create(new(Classes, Width, 1, 0.95, 1));
            using (no_grad())
                foreach (var parameter in objective.Companion!.parameters()) parameter.zero_();
            using var scope = NewDisposeScope();
            Assert.Equal(Math.Log(2), Terms(objective).Single().Term.Compute(context).item<float>(), 1e-5);
        }
    }

    [Fact]
    public void The_wide_map_of_cdan_is_randomised_and_the_same_for_the_same_seed()
    {
        using var scope = NewDisposeScope();
        var context = new AdaptationContext(Classes: 100, FeatureWidth: 512, Weight: 1, Confidence: 0.9, Seed: 3);
        var (first, second) = (new ConditionalAdversarial(false).Create(context), new ConditionalAdversarial(false).Create(context));
        var buffers = first.Companion!.named_buffers().Zip(second.Companion!.named_buffers()).ToList();
        Assert.Equal(2, buffers.Count);
        Assert.All(buffers, pair => Assert.True(pair.First.buffer.equal(pair.Second.buffer).all().item<bool>()));
        Assert.Equal(1024, first.Companion.parameters().First().shape[1]);
    }

    [Fact]
    public void Self_training_counts_confident_samples_only()
    {
        var (context, _, _, _, logits) = Step();
        var confident = logits.Select(Softmax).Where(row => row.Max() >= 0.6).ToArray();
        Assert.InRange(confident.Length, 1, Targets - 1);
        var expected = confident.Sum(row => -Math.Log(row.Max())) / Targets * GradientReversal.WarmUp(context.Progress);
        Assert.Equal(expected, Value("self-training", context, confidence: 0.6), 1e-5);
    }

    private static double Value(string method, LossContext context, double confidence = 0.95)
    {
        using var scope = NewDisposeScope();
        var objective = ((IAdaptationMethod)TransferMethods.Get(method)).Create(new(Classes, Width, 1, confidence, 1));
        var (term, weight) = Terms(objective).Single();
        return term.Compute(context).item<float>() * weight;
    }

    private static IEnumerable<WeightedLoss> Terms(ITrainingObjective objective) =>
        objective.Terms(new("any", 1, [], 1, 1)).Where(loss => loss.Term is not CrossEntropyLoss);

    private static double[] Softmax(double[] row)
    {
        var sum = row.Sum(Math.Exp);
        return [.. row.Select(value => Math.Exp(value) / sum)];
    }

    private static (LossContext Context, double[][] Source, double[][] Target, double[][] SourceLogits, double[][] TargetLogits) Step()
    {
        using var generator = new Generator(9);
        Batch Draw(int count, double shift) =>
            new(randn(count, Width, generator: generator).add_(shift), randint(0, Classes, count, ScalarType.Int64, generator: generator), count);
        var model = new Linear();
        var batches = new Dictionary<string, Batch> { [TrainingData.Train] = Draw(Sources, 0), [TrainingData.Target] = Draw(Targets, 0.5) };
        var context = new LossContext(model, CPU, batches, progress: 0.25);
        double[][] Rows(Tensor tensor) => [.. tensor.data<float>().Select(value => (double)value).Chunk((int)tensor.shape[1])];
        var (source, target) = (context[TrainingData.Train], context[TrainingData.Target]);
        return (context, Rows(source.Features.contiguous()), Rows(target.Features.contiguous()), Rows(source.Logits.contiguous()), Rows(target.Logits.contiguous()));
    }

    /// <summary>Features are the input itself, logits three of its four values, twice.</summary>
    private sealed class Linear() : Classifier("linear")
    {
        public override IReadOnlyList<Stage> Stages => [];
        public override IReadOnlyList<string> HeadPrefixes { get; } = ["fc"];
        public override int FeatureWidth => Width;
        public override int Classes { get; protected set; } = TermTests.Classes;
        public override void ReplaceHead(int classes, double dropout, long seed) => throw new NotSupportedException();
        public override Tensor Features(Tensor input) => input.alias();
        public override void Initialize(long seed) { }
        protected override Tensor Logits(Tensor features) => features.narrow(1, 0, TermTests.Classes);
    }
}
