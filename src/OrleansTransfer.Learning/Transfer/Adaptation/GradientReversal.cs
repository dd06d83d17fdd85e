using OrleansTransfer.Learning.Compute;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// The gradient reversal layer (Ganin and others, arXiv 1505.07818, equation 13): what lies behind it learns to tell the domains apart, what lies before
/// it learns to make that impossible.
/// </summary>
internal static class GradientReversal
{
    private const double Steepness = 10;

    /// <summary>The same values; gradients come back times minus <paramref name="strength"/>.</summary>
    public static Tensor Reverse(Tensor values, double strength) => values.detach().Times(1 + strength) - values.Times(strength);

    /// <summary>
    /// The warm-up schedule (equation 14): from 0 to nearly 1, so that features are not bent to the whims of a discriminator that knows nothing yet.
    /// </summary>
    /// <param name="progress">Share of the run's steps that are done.</param>
    public static double WarmUp(double progress) => 2 / (1 + Math.Exp(-Steepness * progress)) - 1;
}
