using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models.Text;

public sealed class WordVectorClassifierTests
{
    private const int Rows = 50, Dimensions = 12, Hidden = 10;

    public static TheoryData<TextPoolingKind> Poolings => [.. Enum.GetValues<TextPoolingKind>()];

    [Theory, MemberData(nameof(Poolings))]
    public void Padding_never_changes_the_result(TextPoolingKind pooling)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(pooling);
        foreach (var training in new[] { false, true })
        {
            model.train(training);
            var input = randint(1, Rows, [6, 5], ScalarType.Int64);
            input[0].zero_();
            input[1, 2..].zero_();
            var padded = nn.functional.pad(input, [0, 11]);
            var (expected, actual) = (model.Outputs(input), model.Outputs(padded));
            Assert.True(expected.Features.allclose(actual.Features, 1e-5, 1e-6), pooling.ToString());
            Assert.True(expected.Logits.allclose(actual.Logits, 1e-5, 1e-6), pooling.ToString());
        }
    }

    [Theory, MemberData(nameof(Poolings))]
    public void A_text_does_not_depend_on_its_neighbours(TextPoolingKind pooling)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(pooling);
        model.eval();
        var input = randint(1, Rows, [4, 9], ScalarType.Int64);
        input[2, 3..].zero_();
        Assert.True(model.call(input)[2].allclose(model.call(input.narrow(0, 2, 1).narrow(1, 0, 3))[0], 1e-5, 1e-6));
    }

    [Theory, MemberData(nameof(Poolings))]
    public void Texts_without_words_give_finite_outputs_and_gradients(TextPoolingKind pooling)
    {
        using var scope = NewDisposeScope();
        using var model = Create(pooling);
        var input = zeros(3, 8, ScalarType.Int64);
        input[1, 0] = 5;
        var logits = model.call(input);
        nn.functional.cross_entropy(logits, tensor(new long[] { 0, 1, 1 })).backward();
        Assert.True(logits.isfinite().all().ToBoolean());
        foreach (var (key, parameter) in model.named_parameters())
            Assert.True(parameter.grad is null || parameter.grad.isfinite().all().ToBoolean(), key);
    }

    [Theory, MemberData(nameof(Poolings))]
    public void Every_weight_learns_but_the_vector_of_padding(TextPoolingKind pooling)
    {
        using var scope = NewDisposeScope();
        using var model = Create(pooling);
        var inputs = arange(1, Rows - 1, ScalarType.Int64).view(8, 6);
        inputs[0, 4..].zero_();
        using var batch = new Batch(inputs, arange(8, ScalarType.Int64) % 3, 8);
        var context = new LossContext(model, CPU, new Dictionary<string, Batch> { [TrainingData.Train] = batch });
        new CrossEntropyLoss().Compute(context).backward();
        foreach (var (key, parameter) in model.named_parameters())
            Assert.True(parameter.grad is { } gradient && gradient.isfinite().all().ToBoolean() && gradient.abs().max().ToSingle() > 0, key);
        var embedding = model.get_parameter("embedding.weight")!;
        Assert.Equal(0, embedding.grad![0].abs().sum().ToSingle());
        Assert.Equal(0, embedding[0].abs().sum().ToSingle());
    }

    [Theory, MemberData(nameof(Poolings))]
    public void Every_weight_belongs_to_the_head_or_to_exactly_one_stage(TextPoolingKind pooling)
    {
        using var model = Create(pooling);
        Assert.Equal(["embedding", "encoder"], model.Stages.Select(stage => stage.Name));
        foreach (var key in model.state_dict().Keys) Assert.Equal(1, model.Stages.Count(stage => stage.Contains(key)) + (model.IsHead(key) ? 1 : 0));
    }

    [Theory, MemberData(nameof(Poolings))]
    public void Weights_are_a_function_of_the_seed(TextPoolingKind pooling)
    {
        using var scope = NewDisposeScope();
        using var first = Create(pooling);
        using var second = Create(pooling);
        using (no_grad()) foreach (var tensor in second.state_dict().Values) tensor.fill_(7);
        second.Initialize(1);
        Assert.Equal(Bytes(first), Bytes(second));
        second.Initialize(2);
        Assert.NotEqual(Bytes(first), Bytes(second));
        second.Initialize(1);
        first.ReplaceHead(5, 0.2, seed: 3);
        second.ReplaceHead(5, 0.2, seed: 3);
        Assert.Equal(Bytes(first), Bytes(second));
        Assert.Equal(5, first.Classes);
        Assert.Equal(0.2, Assert.Single(first.modules().OfType<SeededDropout>()).Probability);

        static string Bytes(Classifier model) =>
            string.Concat(model.state_dict().OrderBy(pair => pair.Key).Select(pair => pair.Key + Convert.ToHexString(pair.Value.bytes)));
    }

    [Theory, MemberData(nameof(Poolings))]
    public void Passes_leave_no_tensor_behind(TextPoolingKind pooling)
    {
        using var model = Create(pooling);
        using var input = ones(3, 8, ScalarType.Int64);
        Pass();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++) Pass();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Pass()
        {
            model.call(input).Dispose();
            model.Features(input).Dispose();
        }
    }

    [Fact]
    public void Word_order_matters_where_the_pooling_sees_it()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var pooling in Enum.GetValues<TextPoolingKind>())
        {
            using var model = Create(pooling);
            model.eval();
            var text = tensor(new long[] { 1, 2, 3, 4, 5, 6 }).view(1, 6);
            var seesOrder = pooling is TextPoolingKind.Convolution or TextPoolingKind.Transformer;
            Assert.Equal(!seesOrder, model.Features(text).allclose(model.Features(text.flip(1)), 1e-4, 1e-5));
        }
    }

    [Fact]
    public void Vectors_go_into_the_embedding()
    {
        using var scope = NewDisposeScope();
        using var model = Create(TextPoolingKind.Mean);
        model.LoadVectors(arange(Rows * Dimensions, ScalarType.Float32).view(Rows, Dimensions));
        Assert.Equal(0, model.get_parameter("embedding.weight")![0].abs().sum().ToSingle());
        Assert.Equal(Dimensions, model.get_parameter("embedding.weight")![1, 0].ToSingle());
        Assert.Contains("[3,2], and the embedding", Assert.Throws<LearningException>(() => model.LoadVectors(zeros(3, 2))).Message);
    }

    [Fact]
    public void Mean_pooling_is_the_mean_of_the_words_vectors()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new WordVectorClassifier("words", new(Rows, Dimensions, Hidden: Hidden, Standardise: false), 3);
        model.Initialize(1);
        var words = model.get_parameter("embedding.weight")!;
        var mean = (words[3] + words[4] + words[4]) / 3;
        var expected = nn.functional.linear(mean, model.get_parameter("hidden.weight")!, model.get_parameter("hidden.bias")!).relu();
        Assert.True(expected.allclose(model.Features(tensor(new long[] { 3, 4, 4, 0 }).view(1, 4))[0], 1e-5, 1e-6));
        Assert.DoesNotContain("norm.weight", model.state_dict().Keys);
    }

    [Fact]
    public void Without_a_hidden_layer_the_features_are_the_standardised_vector()
    {
        using var scope = NewDisposeScope();
        using var model = new WordVectorClassifier("words", new(Rows, Dimensions, Hidden: 0), 3);
        model.Initialize(1);
        var features = model.Features(randint(1, Rows, [40, 5], ScalarType.Int64));
        Assert.Equal([40L, Dimensions], features.shape);
        Assert.True(features.mean([0]).abs().max().ToSingle() < 1e-4);
        model.ReplaceHead(4, 0, seed: 2);
        Assert.Equal([2L, 4], model.call(ones(2, 3, ScalarType.Int64)).shape);
    }

    [Fact]
    public void A_single_text_is_standardised_by_the_running_statistics_and_leaves_them_alone()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(TextPoolingKind.Mean);
        model.call(randint(1, Rows, [6, 5], ScalarType.Int64));
        var before = model.state_dict()["norm.running_var"].clone();
        var text = ones(1, 8, ScalarType.Int64);
        var trained = model.call(text);
        Assert.Equal(before.bytes, model.state_dict()["norm.running_var"].bytes);
        Assert.All(model.modules(), module => Assert.True(module.training));
        model.eval();
        Assert.True(trained.allclose(model.call(text)));
    }

    private static WordVectorClassifier Create(TextPoolingKind pooling)
    {
        var model = new WordVectorClassifier("words", new(Rows, Dimensions, pooling, Hidden), 3);
        model.Initialize(1);
        return model;
    }
}
