using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>AdamW (arXiv 1711.05101, algorithm 2), in the form and with the defaults of PyTorch's <c>torch.optim.AdamW</c>.</summary>
internal sealed class AdamW(FlatParameters parameters, double weightDecay) : FlatOptimizer(parameters, weightDecay, "exp_avg", "exp_avg_sq")
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    /// <inheritdoc/>
    protected override void Update(IReadOnlyList<Chunk> chunks, double rate, double weightDecay)
    {
        using Scalar keep = 1 - rate * weightDecay, beta1 = Beta1, gain1 = 1 - Beta1, beta2 = Beta2, gain2 = 1 - Beta2, epsilon = Epsilon;
        using Scalar one = 1, correction = 1 / Math.Sqrt(1 - Math.Pow(Beta2, Steps)), step = -rate / (1 - Math.Pow(Beta1, Steps));
        foreach (var chunk in chunks)
        {
            using var scope = NewDisposeScope();
            var (mean, square) = (chunk.States[0], chunk.States[1]);
            if (weightDecay != 0) chunk.Values.mul_(keep);
            mean.mul_(beta1).add_(chunk.Gradients, gain1);
            square.mul_(beta2).addcmul_(chunk.Gradients, chunk.Gradients, gain2);

            // The gradients have served: their memory takes the denominator sqrt(square / correction2) + epsilon.
            var denominator = chunk.Gradients.copy_(square).sqrt_().mul_(correction).add_(epsilon, one);
            chunk.Values.addcdiv_(mean, denominator, step);
            chunk.Gradients.zero_();
        }
    }
}
