using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

/// <summary>What every line of the catalogue must satisfy.</summary>
public class ArchitectureConformanceTests
{
    public static TheoryData<string> AllBackbones => [.. Backbones.Names];

    // Only width 1 of MobileNetV1 has an origin to be compared with; the others are the same code with fewer channels. LeNet has its own here.
    public static TheoryData<string> WithReference =>
        [.. Backbones.Names.Except(["mobilenetv1_025", "mobilenetv1_050", "mobilenetv1_075", "lenet"])];

    // One of each family, small ones: for what is slow and does not depend on depth.
    public static TheoryData<string> Families =>
    [
        "squeezenet1_0", "squeezenet1_1", "mobilenetv1_025", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "resnet18", "resnet50",
        "inception_v3", "legacy_xception", "vgg16_bn",
    ];

    [Theory, MemberData(nameof(WithReference))]
    public void Computes_what_its_origin_computes_under_the_same_keys(string name)
    {
        var reference = ParityReference.Read(name);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Backbones.Get(name).Create(1000);

        Assert.Equal(
            reference.Keys.Select(key => $"{key.Key} [{string.Join(',', key.Shape)}]").Order(),
            model.state_dict().Select(pair => $"{pair.Key} [{string.Join(',', pair.Value.shape)}]").Order());
        Assert.Equal(reference.Parameters, model.parameters().Sum(parameter => parameter.numel()));

        reference.FillWeights(model);
        model.eval();
        var deviation = reference.Deviation(model.call(reference.CreateInput()));
        Assert.True(deviation <= 1e-4, $"The logits of {name} deviate by {deviation:E2}.");
    }

    [Theory, MemberData(nameof(AllBackbones))]
    public void Every_key_belongs_to_the_head_or_to_exactly_one_stage(string name)
    {
        using var model = Backbones.Get(name).Create(2);
        Assert.Equal(name, model.Architecture);
        Assert.Equal(model.Stages.Count, model.Stages.Select(stage => stage.Name).Distinct().Count());
        foreach (var key in model.state_dict().Keys)
        {
            var owners = model.Stages.Count(stage => stage.Contains(key)) + (model.IsHead(key) ? 1 : 0);
            Assert.True(owners == 1, $"{key} of {name} has {owners} owners.");
        }
        Assert.All(model.Stages, stage => Assert.Contains(model.state_dict().Keys, stage.Contains));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_new_head_keeps_the_keys_and_depends_on_the_seed_alone(string name)
    {
        using var scope = NewDisposeScope();
        using var first = Backbones.Get(name).Create(1000);
        using var second = Backbones.Get(name).Create(7);
        List<string> keys = [.. first.state_dict().Keys];
        var backbone = first.state_dict().Where(pair => !first.IsHead(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        first.eval();
        first.ReplaceHead(5, 0.2, seed: 11);
        second.ReplaceHead(5, 0.2, seed: 11);

        Assert.Equal(keys, first.state_dict().Keys);
        Assert.Equal(5, first.Classes);
        foreach (var (key, value) in backbone) Assert.Equal(value.bytes, first.state_dict()[key].bytes);
        foreach (var key in keys.Where(key => first.IsHead(key))) Assert.Equal(second.state_dict()[key].bytes, first.state_dict()[key].bytes);
        Assert.DoesNotContain(first.modules(), module => module.training);
        Assert.NotEmpty(first.modules().OfType<SeededDropout>());
        Assert.All(first.modules().OfType<SeededDropout>(), dropout => Assert.Equal(0.2, dropout.Probability));
        using (no_grad()) Assert.Equal([2L, 5], first.call(randn(2, 3, Size(name), Size(name))).shape);

        second.ReplaceHead(5, 0.2, seed: 12);
        Assert.Contains(keys.Where(key => first.IsHead(key)), key => !second.state_dict()[key].bytes.SequenceEqual(first.state_dict()[key].bytes));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_fresh_head_is_alive_and_reaches_every_parameter(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Backbones.Get(name).Create(1000);
        model.Initialize(3);
        model.ReplaceHead(4, 0, seed: 5);
        // At its full input size, a network with an auxiliary classifier uses it.
        var size = model is InceptionV3 ? 299 : Size(name);
        using var batch = new Batch(rand(4, 3, size, size), tensor(new long[] { 0, 1, 2, 3 }), 4);
        var context = new LossContext(model, CPU, new Dictionary<string, Batch> { [TrainingData.Train] = batch });
        new CrossEntropyLoss().Compute(context).backward();
        foreach (var (key, parameter) in model.named_parameters())
        {
            var gradient = parameter.grad;
            Assert.True(gradient is not null && gradient.isfinite().all().ToBoolean(), $"{key} of {name} has no finite gradient.");
        }
        Assert.True(Last(model, ".weight").grad!.abs().max().ToSingle() > 0);
    }

    [Theory, MemberData(nameof(Families))]
    public void Initialization_is_a_function_of_the_seed(string name)
    {
        using var scope = NewDisposeScope();
        using var first = Backbones.Get(name).Create(3);
        using var second = Backbones.Get(name).Create(3);
        using (no_grad()) foreach (var tensor in second.state_dict().Values) tensor.fill_(7);
        first.Initialize(1);
        second.Initialize(1);
        foreach (var (key, value) in first.state_dict())
            Assert.True(value.bytes.SequenceEqual(second.state_dict()[key].bytes), $"{key} of {name} differs.");
        second.Initialize(2);
        Assert.Contains(first.state_dict(), pair => !pair.Value.bytes.SequenceEqual(second.state_dict()[pair.Key].bytes));
    }

    [Theory, MemberData(nameof(Families))]
    public void Features_are_what_the_head_sees(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Backbones.Get(name).Create(6);
        model.Initialize(1);
        model.eval();
        var input = randn(2, 3, Size(name), Size(name) + 32);
        var features = model.Features(input);
        Assert.Equal([2L, model.FeatureWidth], features.shape);
        Assert.Equal([2L, 6], model.call(input).shape);
        if (name.StartsWith("squeezenet", StringComparison.Ordinal)) return; // its ReLU between convolution and average makes logits another function

        var (weight, bias) = (Last(model, ".weight"), Last(model, ".bias"));
        Assert.True(nn.functional.linear(features, weight, bias).allclose(model.call(input), 1e-4, 1e-5));
    }

    [Theory, MemberData(nameof(AllBackbones))]
    public void Accepts_its_smallest_input(string name)
    {
        var backbone = Backbones.Get(name);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = backbone.Create(2);
        model.eval();
        Assert.Equal([1L, 2], model.call(zeros(1, 3, backbone.MinimumInputSize, backbone.MinimumInputSize)).shape);
    }

    [Theory, MemberData(nameof(Families))]
    public void Ten_forward_passes_leave_no_tensor_behind(string name)
    {
        using var model = Backbones.Get(name).Create(2);
        using var input = zeros(1, 3, Size(name), Size(name));
        void Pass()
        {
            model.call(input).Dispose();
            model.Features(input).Dispose();
        }
        Pass();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++) Pass();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    // Tiny, but accepted by the family.
    private static int Size(string name) => Math.Max(64, Backbones.Get(name).MinimumInputSize);

    private static Tensor Last(Classifier model, string suffix) =>
        model.state_dict()
            .Last(pair => pair.Key.StartsWith(model.HeadPrefixes[^1], StringComparison.Ordinal) && pair.Key.EndsWith(suffix, StringComparison.Ordinal))
            .Value;
}
