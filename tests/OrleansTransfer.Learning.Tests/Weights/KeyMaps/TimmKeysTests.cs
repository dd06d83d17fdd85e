using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Tests.Models;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.KeyMaps;

public sealed class TimmKeysTests : IDisposable
{
    // Relative, in float32: one there and one back.
    private const double TwoRoundings = 2.0 / (1 << 24) * 1.01;

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string, string> References => TimmReferences.All;

    // Every network here that has timm's names for its own, or as well.
    public static TheoryData<string> InTimm =>
    [
        .. Backbones.All.Where(backbone => backbone.Library != Backbones.OwnLibrary).Select(backbone => backbone.Name)
            .Where(name => !name.StartsWith("squeezenet", StringComparison.Ordinal)),
    ];

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory, MemberData(nameof(References))]
    public void A_file_of_timms_computes_here_what_it_computes_there(string theirs, string ours)
    {
        var reference = TimmReferences.Read(theirs);
        SafetensorsWriter.Write(_folder["x"], reference.CreateWeights());
        using var noGradient = no_grad();
        var (model, report) = FittingModel.Load(Backbones.Get(ours), _folder["x"]);
        using var owned = model;
        Assert.Equal(reference.Keys.Count, report.Loaded.Count);
        Assert.Empty(report.Reset);
        Assert.Equal(
            theirs switch
            {
                "inception_v3" or "resnet18" => [],
                "mobilenetv3_small_100" or "mobilenetv3_large_100" => ["as timm's, with scales of BatchNorm adapted to the epsilon here"],
                _ => (string[])["as timm's"],
            },
            report.Readings);
        Assert.Equal(theirs == "inception_v3" ? ["AuxLogits"] : [], report.Removed);

        var deviation = reference.Deviation(model.call(theirs == "inception_v3" ? AsOurs(reference.CreateInput()) : reference.CreateInput()));
        TestContext.Current.TestOutputHelper?.WriteLine($"{theirs}: {deviation:E2}");
        Assert.True(deviation <= 1e-4, $"The logits of {theirs} deviate by {deviation:E2}.");
    }

    [Theory, MemberData(nameof(References))]
    public void What_is_written_for_timm_has_its_keys_shapes_and_values_and_nothing_else(string theirs, string ours)
    {
        var reference = TimmReferences.Read(theirs);
        var weights = reference.CreateWeights();
        SafetensorsWriter.Write(_folder["x"], weights);
        var (model, _) = FittingModel.Load(Backbones.Get(ours), _folder["x"]);
        using var owned = model;
        var saved = NamedWeights.Save(model, _folder["y"], KeyNaming.Timm);
        Assert.Equal(theirs, saved.Model);
        Assert.Empty(saved.LeftOut);
        using var file = SafetensorsFile.Open(_folder["y"]);
        Assert.Equal(
            reference.Keys.Select(key => $"{key.Key} [{string.Join(',', key.Shape)}]").Order(),
            file.Names.Select(name => $"{name} [{string.Join(',', file.Info(name).Shape)}]").Order());
        foreach (var (key, expected) in weights) AssertSame(key, expected, file.Load(key), IsScaleOfMobileNetV3(theirs, key, file.Contains));
    }

    [Theory, MemberData(nameof(InTimm))]
    public void There_and_back_again_nothing_changes_but_scales_by_rounding(string name)
    {
        using var noGradient = no_grad();
        using var model = Drawn(name);
        var saved = NamedWeights.Save(model, _folder["x"], KeyNaming.Timm);
        var (back, report) = FittingModel.Load(Backbones.Get(name), _folder["x"]);
        using var owned = back;
        Assert.Equal(5, back.Classes);
        Assert.Equal(model.state_dict().Keys.Except(saved.LeftOut), report.Loaded);
        var state = back.state_dict();
        foreach (var (key, expected) in model.state_dict().Where(pair => !saved.LeftOut.Contains(pair.Key)))
            AssertSame(key, expected, state[key], IsScaleOfMobileNetV3(name, key, state.ContainsKey));
        Assert.Equal(name == "inception_v3" ? state.Count + 14 : state.Count, model.state_dict().Count);
    }

    [Fact]
    public void Another_librarys_inception_does_without_the_auxiliary_classifier()
    {
        using var model = Drawn("inception_v3");
        var saved = NamedWeights.Save(model, _folder["x"], KeyNaming.Timm);
        Assert.Equal(model.state_dict().Keys.Where(key => key.StartsWith("AuxLogits.", StringComparison.Ordinal)), saved.LeftOut);
        Assert.Contains(saved.Remarks, remark => remark.Contains("mean 0.5", StringComparison.Ordinal));
        Assert.Empty(NamedWeights.Save(model, _folder["y"], KeyNaming.Torchvision).LeftOut);
    }

    [Theory]
    [InlineData("squeezenet1_0", KeyNaming.Timm, "timm has no squeezenet1_0: its weights have torchvision's names only.")]
    [InlineData("mobilenetv1_100", KeyNaming.Torchvision, "torchvision has no mobilenetv1_100: its weights have timm's names only.")]
    [InlineData("legacy_xception", KeyNaming.Torchvision, "torchvision has no legacy_xception: its weights have timm's names only.")]
    public void A_library_without_the_network_is_refused(string name, KeyNaming naming, string said)
    {
        using var model = Backbones.Get(name).Create(2);
        Assert.Equal(said, Assert.Throws<LearningException>(() => NamedWeights.Save(model, _folder["x"], naming)).Message);
        Assert.False(File.Exists(_folder["x"]));
    }

    [Fact]
    public void Half_precision_is_folded_in_full()
    {
        using var model = Drawn("mobilenet_v3_small");
        NamedWeights.Save(model, _folder["x"], KeyNaming.Timm);
        using (var full = SafetensorsFile.Open(_folder["x"]))
        {
            SafetensorsWriter.Write(_folder["half"], full.Names.Select(name =>
                (name, full.Info(name).Type == ScalarType.Float32 ? full.Load(name).to(ScalarType.BFloat16) : full.Load(name))));
        }
        using var half = SafetensorsFile.Open(_folder["half"]);
        StateDict.Load(model, half, new LoadOptions());
        var (scale, variance) = (half.Load("bn1.weight").to(ScalarType.Float64), half.Load("bn1.running_var").to(ScalarType.Float64));
        var expected = (scale * ((variance + 1e-3) / (variance + 1e-5)).sqrt()).to(ScalarType.Float32);
        Assert.True(expected.bytes.SequenceEqual(model.state_dict()["features.0.1.weight"].bytes));
    }

    [Fact]
    public void A_file_that_lacks_a_key_or_has_one_too_many_is_refused_in_its_own_names_and_nothing_is_copied()
    {
        using var model = Drawn("mobilenet_v2");
        NamedWeights.Save(model, _folder["x"], KeyNaming.Timm);
        Rewrite(name => name switch { "blocks.1.0.conv_dw.weight" => "blocks.1.0.conv_dv.weight", "bn2.bias" => null, _ => name });
        var before = model.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        using var file = SafetensorsFile.Open(_folder["y"]);
        var error = Assert.Throws<WeightsMismatchException>(() => StateDict.Load(model, file, new(IgnoreHead: true)));
        Assert.Equal(["features.2.conv.1.0.weight", "features.18.1.bias"], error.Missing);
        Assert.Equal(["blocks.1.0.conv_dv.weight"], error.Unexpected);
        Assert.Contains("(its keys read as timm's)", error.Message);
        Assert.Contains(
            "blocks.1.0.conv_dw.weight, here features.2.conv.1.0.weight (nearest in the file: blocks.1.0.conv_dv.weight)", error.Message);
        foreach (var (key, value) in before) Assert.True(value.bytes.SequenceEqual(model.state_dict()[key].bytes), $"{key} was changed.");
    }

    [Fact]
    public void Counters_may_be_absent_and_the_head_may_have_another_width_or_be_absent_where_it_is_ignored()
    {
        using var model = Drawn("mobilenet_v2");
        NamedWeights.Save(model, _folder["x"], KeyNaming.Timm);
        Rewrite(name => name.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? null : name);
        using var file = SafetensorsFile.Open(_folder["y"]);
        using var wider = Backbones.Get("mobilenet_v2").Create(9);
        Assert.Equal(5, StateDict.HeadWidth(wider, file));
        Assert.Contains("Only the head differs", Assert.Throws<WeightsMismatchException>(() => StateDict.Check(wider, file, new())).Message);
        var report = StateDict.Load(wider, file, new(IgnoreHead: true));
        Assert.Equal(["classifier.1.bias", "classifier.1.weight"], report.Dropped.Order());
        Assert.Equal(52, report.Reset.Count);
        Assert.Equal(
            ["The keys of the weights were read as timm's.", "The head of the weights, for 5 labels, was left out."], report.Remarks);

        Rewrite(name => name.StartsWith("classifier", StringComparison.Ordinal) ? null : name);
        using var headless = SafetensorsFile.Open(_folder["y"]);
        Assert.Empty(StateDict.Load(wider, headless, new(IgnoreHead: true)).Dropped);
        Assert.Equal(["classifier.1.weight", "classifier.1.bias"], Assert.Throws<WeightsMismatchException>(
            () => StateDict.Load(wider, headless, new())).Missing);
    }

    [Fact]
    public void A_training_checkpoint_of_a_wrapped_network_of_timms_is_read_through_all_its_layers()
    {
        const string Save =
            """
            import json, sys, torch
            keys = json.load(open(sys.argv[1]))["keys"]
            kind = lambda key: torch.int64 if key.endswith("num_batches_tracked") else torch.float32
            state = {"module." + key: torch.full(shape, i, dtype=kind(key)) for i, (key, shape) in enumerate(keys)}
            torch.save({"epoch": 3, "state_dict": state}, sys.argv[2])
            """;
        Python.Run("torch", Save, TimmReferences.PathOf("mobilenetv2_100"), _folder["x.pth"]);
        using var file = WeightFile.Open(_folder["x.pth"]);
        using var model = Backbones.Get("mobilenet_v2").Create(4);
        Assert.Equal(1000, StateDict.HeadWidth(model, file));
        var report = StateDict.Load(model, file, new(IgnoreHead: true));
        Assert.Equal(["without their prefix 'module.'", "as timm's"], report.Readings);
        Assert.Equal(["classifier.1.bias", "classifier.1.weight"], report.Dropped.Order());

        // Every weight of the backbone has the number of a key of the file, and no two the same.
        var numbers = report.Loaded.Select(key => model.state_dict()[key].to(ScalarType.Float64).unique().output.item<double>()).ToList();
        Assert.Equal(Enumerable.Range(0, 312).Select(i => (double)i), numbers.Order());
    }

    [Fact]
    public void Another_network_of_timms_is_not_taken_for_this_one()
    {
        using var model = Drawn("mobilenet_v3_small");
        NamedWeights.Save(model, _folder["x"], KeyNaming.Timm);
        using var file = SafetensorsFile.Open(_folder["x"]);
        using var large = Backbones.Get("mobilenet_v3_large").Create(5);
        Assert.Throws<WeightsMismatchException>(() => StateDict.Check(large, file, new(IgnoreHead: true)));
        using var resnet = Backbones.Get("resnet18").Create(5);
        Assert.DoesNotContain("keys read", Assert.Throws<WeightsMismatchException>(() => StateDict.Check(resnet, file, new())).Message);
    }

    [Fact]
    public void Translating_leaves_no_tensor_behind()
    {
        using var model = Drawn("mobilenet_v3_small");
        NamedWeights.Save(model, _folder["x"], KeyNaming.Timm);
        using var file = SafetensorsFile.Open(_folder["x"]);
        StateDict.Load(model, file, new());
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++)
        {
            StateDict.Load(model, file, new());
            NamedWeights.Save(model, _folder["y"], KeyNaming.Timm);
        }
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private void Rewrite(Func<string, string?> rename)
    {
        using var file = SafetensorsFile.Open(_folder["x"]);
        SafetensorsWriter.Write(
            _folder["y"], file.Names.Where(name => rename(name) is not null).Select(name => (rename(name)!, file.Load(name))).ToList());
    }

    private static bool IsScaleOfMobileNetV3(string network, string key, Func<string, bool> exists) =>
        network.Replace("_", "", StringComparison.Ordinal).StartsWith("mobilenetv3", StringComparison.Ordinal)
        && key.EndsWith(".weight", StringComparison.Ordinal) && exists(key[..^"weight".Length] + "running_var");

    private static void AssertSame(string key, Tensor expected, Tensor actual, bool rounded)
    {
        using var noGradient = no_grad();
        var same = rounded
            ? (expected - actual).abs().le(expected.abs() * TwoRoundings).all().ToBoolean()
            : expected.bytes.SequenceEqual(actual.bytes);
        Assert.True(same, $"{key} differs.");
    }

    /// <summary>A network of five labels whose weights are all different.</summary>
    private static Classifier Drawn(string name)
    {
        var model = Backbones.Get(name).Create(5);
        using var noGradient = no_grad();
        using var generator = new Generator(7);
        foreach (var tensor in model.state_dict().Values)
            if (tensor.is_floating_point()) tensor.copy_(rand(tensor.shape, generator: generator) + 0.01);
            else tensor.fill_(3);
        return model;
    }

    // timm's Inception takes (x - 0.5) / 0.5; the one here makes that of ImageNet's normalisation.
    private static Tensor AsOurs(Tensor theirs)
    {
        return (theirs * 0.5 + 0.5 - Channels(Preprocessing.ImageNet.Mean)) / Channels(Preprocessing.ImageNet.Std);

        static Tensor Channels(IReadOnlyList<float> values) => tensor(values.ToArray()).view(1, 3, 1, 1);
    }
}
