using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

public class AuxiliaryClassifierTests
{
    [Fact]
    public void Weights_without_it_take_it_away_and_those_with_it_keep_it()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var origin = Network(1);
        StateDict.Save(origin, folder["with"]);
        SafetensorsWriter.Write(
            folder["without"], origin.state_dict().Where(pair => !IsAuxiliary(pair.Key)).Select(pair => (pair.Key, pair.Value)));
        using var kept = Network(2);
        using var taken = Network(2);
        using (var file = WeightFile.Open(folder["with"])) Assert.Empty(StateDict.Load(kept, file, new LoadOptions()).Removed);
        using (var file = WeightFile.Open(folder["without"]))
        {
            Assert.Equal(["AuxLogits"], StateDict.Check(taken, file, new LoadOptions()).Removed);
            Assert.Contains(taken.state_dict().Keys, IsAuxiliary);
            Assert.Equal(["AuxLogits"], StateDict.Load(taken, file, new LoadOptions()).Removed);
        }

        Assert.Contains(kept.state_dict().Keys, IsAuxiliary);
        Assert.DoesNotContain(taken.state_dict().Keys, IsAuxiliary);
        Assert.Empty(taken.OptionalPrefixes);
        taken.ReplaceHead(3, 0, 1);
        kept.ReplaceHead(3, 0, 1);
        kept.eval();
        taken.eval();
        using var noGradient = no_grad();
        var input = randn(1, 3, 80, 80);
        Assert.Equal([1L, 3], taken.call(input).shape);
    }

    [Fact]
    public void A_file_with_half_of_it_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = Network(1);
        SafetensorsWriter.Write(
            folder["half"], model.state_dict().Where(pair => !pair.Key.StartsWith("AuxLogits.conv0", StringComparison.Ordinal))
                .Select(pair => (pair.Key, pair.Value)));
        using var file = WeightFile.Open(folder["half"]);
        var error = Assert.Throws<WeightsMismatchException>(() => StateDict.Load(model, file, new LoadOptions()));
        Assert.Contains("AuxLogits.conv0", error.Message);
    }

    [Fact]
    public void Its_loss_counts_four_tenths_in_training_only()
    {
        using var scope = NewDisposeScope();
        using var model = Network(1);
        model.ReplaceHead(2, 0, 1);
        using var batch = new Batch(randn(2, 3, 299, 299), tensor(new long[] { 0, 1 }), 2);
        LossContext Context() => new(model, CPU, new Dictionary<string, Batch> { [TrainingData.Train] = batch });

        model.train();
        var context = Context();
        var (logits, auxiliary) = (context[TrainingData.Train].Logits, context[TrainingData.Train].AuxiliaryLogits!);
        var expected = nn.functional.cross_entropy(logits, batch.Labels) + 0.4 * nn.functional.cross_entropy(auxiliary, batch.Labels);
        Assert.Equal(expected.item<float>(), new CrossEntropyLoss().Compute(context).item<float>(), 1e-5);

        model.eval();
        Assert.Null(Context()[TrainingData.Train].AuxiliaryLogits);
    }

    [Fact]
    public void An_input_too_small_for_it_trains_without_it()
    {
        using var scope = NewDisposeScope();
        using var model = Network(1);
        model.train();
        var outputs = model.Outputs(randn(2, 3, 128, 128));
        Assert.Null(outputs.Auxiliary);
        Assert.Equal([2L, 4], outputs.Logits.shape);
    }

    private static Classifier Network(long seed)
    {
        var model = Backbones.Get("inception_v3").Create(4);
        model.Initialize(seed);
        return model;
    }

    private static bool IsAuxiliary(string key) => key.StartsWith("AuxLogits.", StringComparison.Ordinal);
}
