using OrleansTransfer.Learning.Compute;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>Kernel matrices between samples, and the maximum mean discrepancy that they give.</summary>
internal static class Kernels
{
    // Bandwidths around the mean squared distance: 2^-3 to 2^1.
    private static readonly double[] s_factors = [0.125, 0.25, 0.5, 1, 2];

    /// <summary>
    /// The sum of five Gaussian kernels <c>[n,n]</c> of the rows <c>[n,D]</c>, with variances around the mean squared distance, which no gradient goes
    /// through.
    /// </summary>
    public static Tensor Gaussians(Tensor rows)
    {
        var distances = SquaredDistances(rows);
        var mean = distances.detach().mean().AtLeast(1e-12);
        var sum = zeros_like(distances);
        foreach (var factor in s_factors) sum = sum.Plus((-distances / mean.Times(2 * factor)).exp());
        return sum;
    }

    /// <summary>One Gaussian kernel <c>[n,n]</c> of a fixed variance.</summary>
    public static Tensor Gaussian(Tensor rows, double variance) => SquaredDistances(rows).Over(-2 * variance).exp();

    /// <summary>
    /// The unbiased estimate of the squared maximum mean discrepancy (Gretton and others, JMLR 2012, equation 3) between the first <paramref
    /// name="sources"/> samples and the others.
    /// </summary>
    /// <param name="kernel">Of all samples with each other <c>[n,n]</c>.</param>
    /// <param name="sources">At least 2, and at least 2 fewer than all.</param>
    public static Tensor Discrepancy(Tensor kernel, long sources)
    {
        var targets = kernel.shape[0] - sources;
        Tensor Within(long start, long count)
        {
            var block = kernel.narrow(0, start, count).narrow(1, start, count);
            return (block.sum() - block.diagonal().sum()).Over(count * (count - 1));
        }
        return Within(0, sources).Plus(Within(sources, targets)) - kernel.narrow(0, 0, sources).narrow(1, sources, targets).mean().Times(2);
    }

    private static Tensor SquaredDistances(Tensor rows)
    {
        var squares = rows.Squared().sum([1L], keepdim: true);
        return (squares.Plus(squares.t()) - rows.matmul(rows.t()).Times(2)).AtLeast(0);
    }
}
