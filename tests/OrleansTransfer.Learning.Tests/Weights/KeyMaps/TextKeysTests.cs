using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Tests.Models.Text;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.KeyMaps;

/// <summary>The forms in which weights of text encoders are published.</summary>
public sealed class TextKeysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => SmallEncoders.Names;

    [Theory, MemberData(nameof(Names))]
    public void Weights_that_were_saved_are_loaded_without_a_remark(string name)
    {
        using var source = SmallEncoders.CreateInitialized(name);
        StateDict.Save(source, _folder["x"]);
        Assert.Empty(LoadedFrom(source, new()).Remarks);
    }

    [Theory]
    [InlineData("bert", "bert.", "", "under the prefix 'bert.'")]
    [InlineData("distilbert", "distilbert.", "", "under the prefix 'distilbert.'")]
    [InlineData("roberta", "roberta.", "", "under the prefix 'roberta.'")]
    [InlineData("sentence", "", "bert.", "without their prefix 'bert.'")]
    public void The_encoders_prefix_may_be_there_or_not(string name, string ours, string theirs, string remark)
    {
        using var source = SmallEncoders.CreateInitialized(name);
        Write(source, key => source.IsHead(key) ? key : theirs + key[ours.Length..]);
        Assert.Equal($"The keys of the weights were read {remark}.", Assert.Single(LoadedFrom(source, new()).Remarks));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_first_names_of_norms_and_the_layers_of_pretraining_are_understood(string name)
    {
        using var scope = NewDisposeScope();
        using var source = SmallEncoders.CreateInitialized(name);
        var prefix = name is "sentence" ? "" : name + ".";
        Write(
            source,
            key => key.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal)
                .Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal),
            [
                ($"{prefix}embeddings.position_ids", arange(24, ScalarType.Int64).unsqueeze(0)), ("cls.predictions.bias", zeros(50)),
                ("lm_head.bias", zeros(50)), ("vocab_projector.bias", zeros(50)), ("vocab_layer_norm.weight", zeros(16)),
            ]);
        var remark = Assert.Single(LoadedFrom(source, new()).Remarks);
        Assert.Contains("gamma and beta of LayerNorm as its weight and bias and without what serves pre-training only", remark);
    }

    [Theory, MemberData(nameof(Names))]
    public void Public_weights_without_a_head_are_loaded_where_the_run_brings_one(string name)
    {
        using var source = SmallEncoders.CreateInitialized(name);
        Write(source, key => source.IsHead(key) ? null : key);
        using var target = SmallEncoders.CreateInitialized(name, 5, seed: 2);
        using var file = WeightFile.Open(_folder["x"]);
        Assert.Null(StateDict.HeadWidth(target, file));
        Assert.Throws<WeightsMismatchException>(() => StateDict.Load(target, file, new LoadOptions()));
        StateDict.Load(target, file, new LoadOptions(IgnoreHead: true));
        AssertEqual(source, target, key => !source.IsHead(key));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_width_of_a_head_is_read_from_its_last_layer(string name)
    {
        using var source = SmallEncoders.CreateInitialized(name, 7);
        StateDict.Save(source, _folder["x"]);
        using var target = SmallEncoders.Create(name, 2);
        using var file = WeightFile.Open(_folder["x"]);
        Assert.Equal(7, StateDict.HeadWidth(target, file));
    }

    [Fact]
    public void Weights_of_a_pooler_are_left_out_only_where_the_network_has_none()
    {
        using var bert = SmallEncoders.CreateInitialized("bert");
        Write(bert, key => key.Contains("pooler", StringComparison.Ordinal) ? null : key);
        using var file = WeightFile.Open(_folder["x"]);
        using var target = SmallEncoders.Create("bert");
        Assert.Contains("bert.pooler.dense.weight", Assert.Throws<WeightsMismatchException>(() => StateDict.Load(target, file, new())).Missing);
    }

    [Fact]
    public void A_key_that_the_file_holds_with_and_without_the_prefix_is_refused()
    {
        using var scope = NewDisposeScope();
        using var source = SmallEncoders.CreateInitialized("bert");
        Write(source, key => key, [("embeddings.LayerNorm.weight", ones(16))]);
        using var file = WeightFile.Open(_folder["x"]);
        Assert.Equal(["embeddings.LayerNorm.weight"], Assert.Throws<WeightsMismatchException>(() => StateDict.Load(source, file, new())).Unexpected);
    }

    [Fact]
    public void Weights_of_another_encoder_are_refused()
    {
        using var source = SmallEncoders.CreateInitialized("distilbert");
        StateDict.Save(source, _folder["x"]);
        using var file = WeightFile.Open(_folder["x"]);
        using var target = SmallEncoders.Create("roberta");
        Assert.Throws<WeightsMismatchException>(() => StateDict.Load(target, file, new LoadOptions(IgnoreHead: true)));
    }

    [Fact]
    public void Merged_updates_are_saved_under_plain_keys()
    {
        using var source = SmallEncoders.CreateInitialized("roberta");
        source.Adapt(new LowRank(2), seed: 1);
        source.Merge();
        StateDict.Save(source, _folder["x"]);
        Assert.Empty(LoadedFrom(source, new()).Remarks);
    }

    public void Dispose() => _folder.Dispose();

    private LoadReport LoadedFrom(TextEncoder source, LoadOptions options)
    {
        using var target = SmallEncoders.CreateInitialized(source.Architecture, seed: 2);
        using var file = WeightFile.Open(_folder["x"]);
        var report = StateDict.Load(target, file, options);
        AssertEqual(source, target, _ => true);
        return report;
    }

    private static void AssertEqual(TextEncoder source, TextEncoder target, Func<string, bool> compared)
    {
        var state = target.state_dict();
        foreach (var (key, tensor) in source.state_dict().Where(pair => compared(pair.Key)))
            Assert.True(tensor.bytes.SequenceEqual(state[key].bytes), $"{key} differs.");
    }

    /// <summary>Writes the weights under other keys; those for which there is none are left out.</summary>
    private void Write(TextEncoder source, Func<string, string?> name, params (string Name, Tensor Tensor)[] more) => SafetensorsWriter.Write(
        _folder["x"], source.state_dict().Select(pair => (Name: name(pair.Key)!, pair.Value)).Where(pair => pair.Name is not null).Concat(more));
}
