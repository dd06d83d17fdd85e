using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights;

public sealed class StateDictTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Saved_weights_load_bit_for_bit_into_the_same_memory()
    {
        using var source = Model(3, seed: 1);
        using var target = Model(3, seed: 2);
        StateDict.Save(source, _folder["x"], new Dictionary<string, string> { ["architecture"] = "resnet18" });
        using var file = SafetensorsFile.Open(_folder["x"]);
        var handles = target.parameters().Select(parameter => parameter.Handle).ToList();
        var report = StateDict.Load(target, file, new LoadOptions());
        Assert.Equal(source.state_dict().Keys.Order(), report.Loaded.Order());
        Assert.Empty(report.Dropped);
        Assert.Empty(report.Reset);
        Assert.Equal(handles, target.parameters().Select(parameter => parameter.Handle));
        AssertEqual(source, target, source.state_dict().Keys);
    }

    [Fact]
    public void A_head_of_another_width_is_refused_unless_it_is_to_be_ignored()
    {
        using var source = Model(1000, seed: 1);
        using var target = Model(4, seed: 2);
        var head = target.state_dict()["fc.weight"].clone();
        StateDict.Save(source, _folder["x"]);
        using var file = SafetensorsFile.Open(_folder["x"]);

        var error = Assert.Throws<WeightsMismatchException>(() => StateDict.Check(target, file, new LoadOptions()));
        Assert.Equal(["fc.bias", "fc.weight"], error.Mismatched.Order());
        Assert.Contains("fc.weight is F32 [1000,512] in the file and F32 [4,512] in the model", error.Message);
        Assert.Contains("Only the head differs", error.Message);
        Assert.Equal(1000, StateDict.HeadWidth(target, file));

        var report = StateDict.Load(target, file, new LoadOptions(IgnoreHead: true));
        Assert.Equal(["fc.bias", "fc.weight"], report.Dropped.Order());
        Assert.Equal(head.bytes, target.state_dict()["fc.weight"].bytes);
        AssertEqual(source, target, report.Loaded);
    }

    [Fact]
    public void Absent_batch_counters_are_set_to_zero()
    {
        using var source = Model(3, seed: 1);
        using var target = Model(3, seed: 2);
        target.call(randn(2, 3, 32, 32)); // counts one batch
        WriteAll(source, key => key.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? null : key);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(20, StateDict.Load(target, file, new LoadOptions()).Reset.Count);
        AssertEqual(source, target, source.state_dict().Keys);
    }

    [Fact]
    public void Another_network_is_refused_with_the_difference_and_nothing_is_copied()
    {
        using var source = Model(3, seed: 1);
        using var target = Model(3, seed: 2);
        var before = target.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        WriteAll(source, key => key switch
        {
            "layer1.0.conv1.weight" => "layer1.0.conv_1.weight",
            "bn1.running_var" => null,
            _ => key,
        });
        using var file = SafetensorsFile.Open(_folder["x"]);
        var error = Assert.Throws<WeightsMismatchException>(() => StateDict.Load(target, file, new LoadOptions()));
        Assert.Contains("2 keys missing: ", error.Message);
        Assert.Contains("layer1.0.conv1.weight (nearest in the file: layer1.0.conv_1.weight)", error.Message);
        Assert.Contains("1 key unexpected: layer1.0.conv_1.weight", error.Message);
        Assert.DoesNotContain("Only the head", error.Message);
        foreach (var (key, value) in before) Assert.Equal(value.bytes, target.state_dict()[key].bytes);
    }

    [Fact]
    public void A_long_difference_is_counted_and_cut()
    {
        using var source = Model(3, seed: 1);
        WriteAll(source, key => "net." + key);
        using var file = SafetensorsFile.Open(_folder["x"]);
        var error = Assert.Throws<WeightsMismatchException>(() => StateDict.Check(source, file, new LoadOptions()));
        Assert.Equal(122, error.Unexpected.Count);
        Assert.Contains("122 keys unexpected", error.Message);
        Assert.Contains(", and 112 more", error.Message);
        Assert.InRange(error.Message.Length, 100, 4000);
        Assert.Null(StateDict.HeadWidth(source, file));
    }

    [Fact]
    public void The_prefix_of_a_parallel_wrapper_is_taken_off_and_said_and_a_head_of_another_width_is_known_behind_it()
    {
        using var source = Model(3, seed: 1);
        using var target = Model(4, seed: 2);
        WriteAll(source, key => "module." + key);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(3, StateDict.HeadWidth(target, file));
        Assert.Equal(["fc.bias", "fc.weight"], Assert.Throws<WeightsMismatchException>(() => StateDict.Load(target, file, new())).Mismatched.Order());
        var report = StateDict.Load(target, file, new(IgnoreHead: true));
        AssertEqual(source, target, report.Loaded);
        Assert.Equal(
            ["The keys of the weights were read without their prefix 'module.'.", "The head of the weights, for 3 labels, was left out."],
            report.Remarks);
    }

    [Fact]
    public void A_prefix_that_one_key_lacks_is_not_taken_off()
    {
        using var source = Model(3, seed: 1);
        WriteAll(source, key => key == "fc.bias" ? key : "module." + key);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(121, Assert.Throws<WeightsMismatchException>(() => StateDict.Check(source, file, new())).Unexpected.Count);
    }

    [Fact]
    public void Loading_and_saving_leave_no_tensor_behind()
    {
        using var model = Model(3, seed: 1);
        StateDict.Save(model, _folder["x"]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        StateDict.Load(model, file, new LoadOptions());
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++)
        {
            StateDict.Load(model, file, new LoadOptions());
            StateDict.Save(model, Stream.Null);
        }
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_digest_is_that_of_the_bytes()
    {
        File.WriteAllText(_folder["x"], "abc");
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", WeightFile.Sha256(_folder["x"]));
        Assert.Throws<LearningException>(() => WeightFile.Sha256(_folder["absent"]));
    }

    private static Classifier Model(int classes, long seed)
    {
        var model = Backbones.Get("resnet18").Create(classes);
        model.Initialize(seed);
        return model;
    }

    private void WriteAll(Classifier model, Func<string, string?> rename) =>
        SafetensorsWriter.Write(_folder["x"], model.state_dict().Where(pair => rename(pair.Key) is not null)
            .Select(pair => (rename(pair.Key)!, pair.Value)));

    private static void AssertEqual(Classifier expected, Classifier actual, IEnumerable<string> keys)
    {
        var (left, right) = (expected.state_dict(), actual.state_dict());
        foreach (var key in keys) Assert.True(left[key].bytes.SequenceEqual(right[key].bytes), $"{key} differs.");
    }
}
