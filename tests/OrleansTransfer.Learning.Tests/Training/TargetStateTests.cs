using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Training;

public class TargetStateTests
{
    [Theory]
    [InlineData(0, new[] { 0.1, 0.4, 0.4, 0.2 }, 1)] // of equal scores the earlier
    [InlineData(0, new[] { double.NaN, 0.4, double.NaN, 0.2 }, 1)]
    [InlineData(0, new[] { double.NaN, double.NaN, double.NaN, double.NaN }, 3)]
    [InlineData(-1, new[] { 0.9, 0.1, 0.1, 0.1 }, 3)]
    public void The_best_epoch_by_the_score_is_kept_and_survives_a_checkpoint(int validator, double[] scores, int picked)
    {
        using var scope = NewDisposeScope();
        using var state = new TargetState();
        for (var epoch = 0; epoch < scores.Length; epoch++)
            state.Add(new(epoch, [scores[epoch], 0, 0, 0, 0, 0], double.NaN, double.NaN), validator, [new("weight", full(2, (float)epoch))]);
        Dictionary<string, Tensor> tensors = [];
        state.Export(tensors);
        using var restored = new TargetState();
        restored.Import(tensors);
        foreach (var one in new[] { state, restored })
        {
            Assert.Equal(picked, one.PickedEpoch);
            Assert.Equal(picked, one.Weights["weight"][0].item<float>());
            Assert.Equal(scores.Length, one.History.Count);
        }
        foreach (var tensor in tensors.Values) tensor.Dispose();
    }
}
