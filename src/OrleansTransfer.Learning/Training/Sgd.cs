using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Stochastic gradient descent with momentum 0.9 and L2 weight decay, in the form of PyTorch's <c>torch.optim.SGD</c> without dampening.
/// </summary>
internal sealed class Sgd(FlatParameters parameters, double weightDecay) : FlatOptimizer(parameters, weightDecay, "momentum")
{
    private const double Momentum = 0.9;

    /// <inheritdoc/>
    protected override void Update(IReadOnlyList<Chunk> chunks, double rate, double weightDecay)
    {
        using Scalar momentum = Momentum, decay = weightDecay, step = -rate;
        foreach (var chunk in chunks)
        {
            using var scope = NewDisposeScope();
            if (weightDecay != 0) chunk.Gradients.add_(chunk.Values, decay);
            var velocity = TensorArithmetic.Add(chunk.States[0].mul_(momentum), chunk.Gradients);
            chunk.Values.add_(velocity, step);
            chunk.Gradients.zero_();
        }
    }
}
