using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models.Text;

/// <summary>Low-rank updates of text encoders.</summary>
public class LowRankTests
{
    private static readonly long[][] s_texts = [[2, 7, 8, 9, 3], [2, 40, 3]];

    public static TheoryData<string> Names => SmallEncoders.Names;

    [Theory, MemberData(nameof(Names))]
    public void An_untrained_update_changes_no_output(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        var input = SmallEncoders.Batch(model, s_texts);
        var plain = model.call(input);
        model.Adapt(new LowRank(2, 4), seed: 3);
        Assert.Equal(plain.bytes, model.call(input).bytes);
        Assert.Equal(2 * 2 * model.Configuration.Layers, model.state_dict().Keys.Count(key => key.Contains("lora", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_merged_update_gives_the_same_outputs_under_plain_keys(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        var input = SmallEncoders.Batch(model, s_texts);
        List<string> keys = [.. model.state_dict().Keys];
        var plain = model.call(input);
        model.Adapt(new LowRank(2, 4), seed: 3);
        using var generator = new Generator(1);
        foreach (var (key, parameter) in model.named_parameters())
            if (key.EndsWith("lora.B", StringComparison.Ordinal)) parameter.normal_(0, 1, generator);
        var adapted = model.call(input);
        model.Merge();

        Assert.Equal(keys, model.state_dict().Keys);
        Assert.Null(model.Adaptation);
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad));
        Assert.True((adapted - plain).abs().max().ToSingle() > 1e-3);
        Assert.True((adapted - model.call(input)).abs().max().ToSingle() <= 1e-4);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_saved_network_is_the_plain_one_and_the_one_in_memory_keeps_its_updates(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        List<string> keys = [.. model.state_dict().Keys];
        model.Adapt(new LowRank(2, 4), seed: 3);
        using var generator = new Generator(1);
        foreach (var (key, parameter) in model.named_parameters())
            if (key.EndsWith("lora.B", StringComparison.Ordinal)) parameter.normal_(0, 1, generator);
        var input = SmallEncoders.Batch(model, s_texts);
        var adapted = model.call(input);

        using var folder = new TemporaryFolder();
        StateDict.Save(model, folder["plain.safetensors"]);
        Assert.NotNull(model.Adaptation);
        Assert.Equal(adapted.bytes, model.call(input).bytes);
        using var plain = SmallEncoders.Create(name);
        using (var file = WeightFile.Open(folder["plain.safetensors"]))
        {
            Assert.Equal(keys.Order(), file.Names.Order());
            StateDict.Load(plain, file, new LoadOptions());
        }
        plain.eval();
        Assert.True((adapted - plain.call(input)).abs().max().ToSingle() <= 1e-4);
    }

    [Theory, MemberData(nameof(Names))]
    public void Only_updates_and_head_train_whatever_the_stages_do(string name)
    {
        using var scope = NewDisposeScope();
        using var model = SmallEncoders.CreateInitialized(name);
        model.Adapt(new LowRank(), seed: 3);
        Assert.All(model.named_parameters(), entry => Assert.Equal(Trains(entry.name), entry.parameter.requires_grad));
        var all = new Phase("all", 1, [.. model.Stages.Select(stage => stage.Name)], 0.1, 1);
        Freezing.Apply(model, all, BatchNormPolicy.Frozen);
        Assert.All(model.named_parameters(), entry => Assert.Equal(Trains(entry.name), entry.parameter.requires_grad));
        Freezing.Apply(model, all with { TrainableStages = ["layer.1"] }, BatchNormPolicy.Frozen);
        Assert.Contains(model.named_parameters(), entry => entry.name.Contains(".lora.", StringComparison.Ordinal) && !entry.parameter.requires_grad);

        Freezing.Apply(model, all, BatchNormPolicy.Frozen);
        using var batch = new Batch(SmallEncoders.Batch(model, s_texts), tensor(new long[] { 0, 1 }), 2);
        var context = new LossContext(model, CPU, new Dictionary<string, Batch> { [TrainingData.Train] = batch });
        new CrossEntropyLoss().Compute(context).backward();
        Assert.All(model.named_parameters(), entry => Assert.Equal(Trains(entry.name), entry.parameter.grad is not null));

        bool Trains(string key) => model.IsHead(key) || key.Contains(".lora.", StringComparison.Ordinal);
    }

    public static TheoryData<string, LowRankTarget[]> Targets => new()
    {
        { "bert", [LowRankTarget.Key] },
        { "bert", [LowRankTarget.Output, LowRankTarget.Query] },
        { "distilbert", [LowRankTarget.FeedForward] },
        { "xlm-roberta", [LowRankTarget.Query, LowRankTarget.Key, LowRankTarget.Value, LowRankTarget.Output, LowRankTarget.FeedForward] },
    };

    [Theory, MemberData(nameof(Targets))]
    public void Each_matrix_that_is_asked_for_does_what_its_weight_plus_the_scaled_product_does(string name, LowRankTarget[] targets)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = SmallEncoders.CreateInitialized(name);
        using var byHand = SmallEncoders.CreateInitialized(name);
        var input = SmallEncoders.Batch(model, s_texts);
        model.Adapt(new LowRank(2, 6) { Targets = targets }, seed: 3);
        using var generator = new Generator(1);
        var state = model.state_dict();
        string[] updated = [.. state.Keys.Where(key => key.EndsWith(".lora.B", StringComparison.Ordinal)).Select(key => key[..^".lora.B".Length])];
        var matrices = targets.Sum(target => target == LowRankTarget.FeedForward ? 2 : 1);
        Assert.Equal(matrices * model.Configuration.Layers, updated.Length);
        var plain = byHand.state_dict();
        foreach (var matrix in updated)
        {
            state[$"{matrix}.lora.B"].normal_(0, 0.5, generator);
            plain[$"{matrix}.weight"].add_(state[$"{matrix}.lora.B"].mm(state[$"{matrix}.lora.A"]) * 3);
        }
        Assert.Equal(0, (byHand.call(input) - model.call(input)).abs().max().ToSingle(), 1e-4);

        using var folder = new TemporaryFolder();
        StateDict.Save(model, folder["merged.safetensors"]);
        using var loaded = SmallEncoders.Create(name);
        using (var file = WeightFile.Open(folder["merged.safetensors"])) StateDict.Load(loaded, file, new LoadOptions());
        loaded.eval();
        Assert.Equal(0, (loaded.call(input) - model.call(input)).abs().max().ToSingle(), 1e-4);
    }

    [Fact]
    public void Dropout_is_of_what_the_updates_see_in_training_and_of_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(1);
        const double rate = 0.5;
        var (weight, input) = (rand([3L, 4], generator: generator), rand([2L, 4], generator: generator));
        using var update = new LowRankUpdate(new LowRank(2, 6) { Dropout = rate }, weight, generator);
        update.state_dict()["B"].normal_(0, 1, generator);
        var (a, b) = (update.state_dict()["A"], update.state_dict()["B"]);
        var plain = input.mm(a.t()).mm(b.t()) * 3;
        update.eval();
        Assert.Equal(0, (update.call(input) - plain).abs().max().ToSingle(), 1e-5);

        update.train();
        var dropout = Assert.Single(update.modules().OfType<SeededDropout>());
        dropout.Reseed(7);
        var mask = ones_like(input);
        mask = dropout.call(mask);
        Assert.Contains(0f, mask.data<float>().ToArray());
        Assert.Equal(0, (update.call(input) - (input * mask).mm(a.t()).mm(b.t()) * 3).abs().max().ToSingle(), 1e-5);

        // What is not dropped out has no place among the dropouts that a replica seeds in their order.
        using var without = new LowRankUpdate(new LowRank(2, 6), weight, generator);
        Assert.Empty(without.modules().OfType<SeededDropout>());
    }

    [Fact]
    public void First_values_are_a_function_of_the_seed()
    {
        using var scope = NewDisposeScope();
        using var first = Adapted(1);
        using var second = Adapted(1);
        using var third = Adapted(2);
        const string key = "bert.encoder.layer.1.attention.self.value.lora.A";
        Assert.Equal(first.state_dict()[key].bytes, second.state_dict()[key].bytes);
        Assert.False(first.state_dict()[key].bytes.SequenceEqual(third.state_dict()[key].bytes));

        static TextEncoder Adapted(long seed)
        {
            var model = SmallEncoders.CreateInitialized("bert");
            model.Adapt(new LowRank(4), seed);
            return model;
        }
    }

    [Fact]
    public void A_rank_that_is_none_is_refused()
    {
        using var model = SmallEncoders.Create("bert");
        Assert.Contains("rank 0", Assert.Throws<LearningException>(() => model.Adapt(new LowRank(0), seed: 1)).Message);
        Assert.Contains("alpha -1", Assert.Throws<LearningException>(() => model.Adapt(new LowRank(2, -1), seed: 1)).Message);
        Assert.Contains("0 matrices", Assert.Throws<LearningException>(() => model.Adapt(new LowRank(2) { Targets = [] }, seed: 1)).Message);
        Assert.Contains("dropout of 1", Assert.Throws<LearningException>(() => model.Adapt(new LowRank(2) { Dropout = 1 }, seed: 1)).Message);
        model.Adapt(new LowRank(2), seed: 1);
        Assert.Throws<InvalidOperationException>(() => model.Adapt(new LowRank(2), seed: 1));
    }
}
