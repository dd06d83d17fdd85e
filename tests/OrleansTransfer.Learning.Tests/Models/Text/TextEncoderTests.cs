using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models.Text;

/// <summary>What every text encoder must satisfy.</summary>
public class TextEncoderTests
{
    private static readonly long[][] s_texts = [[2, 7, 8, 9, 3], [2, 3], [2, 30, 31, 32, 33, 34, 35, 3]];

    public static TheoryData<string> Names => SmallEncoders.Names;

    [Theory, MemberData(nameof(Names))]
    public void Padding_changes_nothing(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        var batch = model.Outputs(SmallEncoders.Batch(model, s_texts));
        for (var i = 0; i < s_texts.Length; i++)
        {
            var alone = model.Outputs(SmallEncoders.Batch(model, s_texts[i]));
            Assert.True((alone.Features[0] - batch.Features[i]).abs().max().ToSingle() <= 1e-5);
            Assert.True((alone.Logits[0] - batch.Logits[i]).abs().max().ToSingle() <= 1e-5);
        }
        Assert.True((batch.Logits[0] - batch.Logits[2]).abs().max().ToSingle() > 1e-3, "The weights are too small for the test to mean anything.");
    }

    [Theory, MemberData(nameof(Names))]
    public void Streams_of_different_lengths_are_joined_with_the_models_own_padding(string name)
    {
        using var scope = NewDisposeScope();
        using var model = SmallEncoders.CreateInitialized(name);
        using var first = new Batch(SmallEncoders.Batch(model, s_texts[1]), tensor(new long[] { 0 }), 1);
        using var second = new Batch(SmallEncoders.Batch(model, s_texts[2]), tensor(new long[] { 1 }), 1);
        var context = new LossContext(model, CPU, new Dictionary<string, Batch> { ["a"] = first, ["b"] = second });
        Assert.True((context["a"].Logits - model.call(first.Inputs)).abs().max().ToSingle() <= 1e-5);
        Assert.True((context["b"].Logits - model.call(second.Inputs)).abs().max().ToSingle() <= 1e-5);
    }

    [Theory, MemberData(nameof(Names))]
    public void Attention_without_the_fused_kernel_is_the_same(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        // Dropout that as good as never drops: training takes the other path with the same weights.
        using var model = SmallEncoders.CreateInitialized(name, dropout: 1e-12);
        model.ReplaceHead(3, 0, seed: 1);
        var input = SmallEncoders.Batch(model, s_texts);
        var fused = model.call(input);
        model.train();
        Assert.True((model.call(input) - fused).abs().max().ToSingle() <= 1e-5);
    }

    [Theory, MemberData(nameof(Names))]
    public void Dropout_is_a_function_of_the_seeds(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        model.train();
        var input = SmallEncoders.Batch(model, s_texts);
        var dropouts = model.modules().OfType<SeededDropout>().ToList();
        // Behind the embeddings, three in each layer, and the head's.
        Assert.True(dropouts.Count >= 1 + 3 * model.Configuration.Layers + 1);
        Assert.Equal(Run(5).bytes, Run(5).bytes);
        Assert.False(Run(5).bytes.SequenceEqual(Run(6).bytes));

        Tensor Run(long seed)
        {
            for (var i = 0; i < dropouts.Count; i++) dropouts[i].Reseed(Seeds.Derive(seed, i));
            return model.call(input);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_text_without_any_token_has_finite_outputs(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        var nothing = full([1, 4], model.PaddingToken, ScalarType.Int64);
        Assert.True(model.call(nothing).isfinite().all().ToBoolean());
    }

    [Theory, MemberData(nameof(Names))]
    public void A_text_longer_than_the_positions_is_refused_with_both_numbers(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        Assert.Equal(24, model.MaximumTokens);
        Assert.Equal([1L, 3], model.call(full([1, 24], 5, ScalarType.Int64)).shape);
        var refusal = Assert.Throws<LearningException>(() => model.call(full([1, 25], 5, ScalarType.Int64)));
        Assert.Contains("at most 24 tokens", refusal.Message);
        Assert.Contains("has 25", refusal.Message);
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_key_belongs_to_the_head_or_to_exactly_one_stage(string name)
    {
        using var model = SmallEncoders.Create(name);
        var layers = Enumerable.Range(0, model.Configuration.Layers).Select(i => $"layer.{i}");
        Assert.Equal(["embeddings", .. layers], model.Stages.Select(stage => stage.Name));
        foreach (var key in model.state_dict().Keys)
        {
            var owners = model.Stages.Count(stage => stage.Contains(key)) + (model.IsHead(key) ? 1 : 0);
            Assert.True(owners == 1, $"{key} of {name} has {owners} owners.");
        }
        Assert.All(model.Stages, stage => Assert.Contains(model.state_dict().Keys, stage.Contains));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_new_head_keeps_the_keys_and_depends_on_the_seed_alone(string name)
    {
        using var scope = NewDisposeScope();
        using var first = SmallEncoders.CreateInitialized(name, 9);
        using var second = SmallEncoders.CreateInitialized(name, 4, seed: 2);
        List<string> keys = [.. first.state_dict().Keys.Order()];
        var backbone = first.state_dict().Where(pair => !first.IsHead(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        first.ReplaceHead(5, 0.25, seed: 11);
        second.ReplaceHead(5, 0.25, seed: 11);

        Assert.Equal(keys, first.state_dict().Keys.Order());
        Assert.Equal(5, first.Classes);
        foreach (var (key, value) in backbone) Assert.Equal(value.bytes, first.state_dict()[key].bytes);
        foreach (var key in keys.Where(key => first.IsHead(key))) Assert.Equal(second.state_dict()[key].bytes, first.state_dict()[key].bytes);
        Assert.DoesNotContain(first.modules(), module => module.training);
        Assert.Contains(first.modules().OfType<SeededDropout>(), dropout => dropout.Probability == 0.25);
        using (no_grad()) Assert.Equal([3L, 5], first.call(SmallEncoders.Batch(first, s_texts)).shape);
    }

    [Theory, MemberData(nameof(Names))]
    public void Initialization_is_a_function_of_the_seed(string name)
    {
        using var scope = NewDisposeScope();
        using var first = SmallEncoders.Create(name);
        using var second = SmallEncoders.Create(name);
        using (no_grad()) foreach (var tensor in second.state_dict().Values) tensor.fill_(7);
        first.Initialize(1);
        second.Initialize(1);
        foreach (var (key, value) in first.state_dict()) Assert.True(value.bytes.SequenceEqual(second.state_dict()[key].bytes), $"{key} differs.");
        second.Initialize(2);
        Assert.Contains(first.state_dict(), pair => !pair.Value.bytes.SequenceEqual(second.state_dict()[pair.Key].bytes));
    }

    [Theory, MemberData(nameof(Names))]
    public void Features_are_what_the_last_linear_layer_sees(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        var input = SmallEncoders.Batch(model, s_texts);
        var features = model.Features(input);
        Assert.Equal([3L, model.FeatureWidth], features.shape);
        var state = model.state_dict();
        var last = model.HeadPrefixes[^1];
        Assert.True(nn.functional.linear(features, state[$"{last}.weight"], state[$"{last}.bias"]).allclose(model.call(input), 1e-5, 1e-6));
        if (model is SentenceBert) Assert.True(features.norm(1).allclose(ones(3)));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_loss_reaches_every_parameter_stage_by_stage(string name)
    {
        using var scope = NewDisposeScope();
        using var model = SmallEncoders.CreateInitialized(name);
        model.train();
        using var markers = new StageMarkers(model);
        List<int> ready = [];
        markers.Arm(ready.Add);
        using var batch = new Batch(SmallEncoders.Batch(model, s_texts), tensor(new long[] { 0, 1, 2 }), 3);
        var context = new LossContext(model, CPU, new Dictionary<string, Batch> { [TrainingData.Train] = batch });
        new CrossEntropyLoss().Compute(context).backward();
        foreach (var (key, parameter) in model.named_parameters())
        {
            var gradient = parameter.grad;
            Assert.True(gradient is not null && gradient.isfinite().all().ToBoolean(), $"{key} of {name} has no finite gradient.");
        }
        // Behind the embeddings, whose input has no gradient, every stage says that it is complete, the last one first.
        Assert.Equal(Enumerable.Range(1, model.Configuration.Layers), ready);
    }

    [Theory, MemberData(nameof(Names))]
    public void Passes_leave_no_tensor_behind(string name)
    {
        using var model = SmallEncoders.CreateInitialized(name);
        using var input = SmallEncoders.Batch(model, s_texts);
        void Pass()
        {
            foreach (var training in new[] { true, false })
            {
                model.train(training);
                model.call(input).Dispose();
                model.Features(input).Dispose();
            }
        }
        Pass();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++) Pass();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory, InlineData("bert", 0), InlineData("distilbert", 0), InlineData("roberta", 1), InlineData("sentence", 1)]
    public void Padding_is_that_of_the_public_tokenizers(string name, int token)
    {
        using var model = SmallEncoders.Create(name);
        Assert.Equal(token, model.PaddingToken);
    }
}
