using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>
/// t-SNE (van der Maaten and Hinton, JMLR 2008) in its exact form: places in the plane whose closeness, by a Student t kernel, resembles that of the
/// features by Gaussian kernels. It begins with the two principal components instead of random places, so that, rounding aside, it gives the same
/// picture every time and keeps more of the global arrangement (Kobak and Linderman, 2021).
/// </summary>
public static class StochasticNeighborEmbedding
{
    private const double Perplexity = 30, Exaggeration = 12, EarlyMomentum = 0.5, Momentum = 0.8;
    private const int EarlyIterations = 100, Iterations = 300;

    /// <summary>A place for each row, both coordinates from 0 to 1.</summary>
    /// <param name="rows">Features, all of one length; for a few hundred to a few thousand samples: time and memory grow with the square.</param>
    public static IReadOnlyList<(float X, float Y)> Run(IReadOnlyList<float[]> rows)
    {
        if (rows.Count == 0) return [];
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var x = tensor(rows.SelectMany(row => row).ToArray()).view(rows.Count, -1);
        x = x - x.mean([0L], keepdim: true);
        var y = PrincipalPlane(x);
        if (rows.Count > 3) y = Descend(y, Similarities(x));
        var (low, high) = (y.amin([0L], keepdim: true), y.amax([0L], keepdim: true));
        var values = ((y - low) / (high - low).AtLeast(1e-12)).contiguous().data<float>().ToArray();
        return [.. values.Chunk(2).Select(pair => (pair[0], pair[1]))];
    }

    // [n,2], with a standard deviation of 1e-4 along the first axis, as the method wants its start.
    private static Tensor PrincipalPlane(Tensor x)
    {
        var (u, s, _) = linalg.svd(x, fullMatrices: false);
        var plane = (u * s.unsqueeze(0)).narrow(1, 0, Math.Min(2, s.shape[0]));
        if (plane.shape[1] < 2) plane = cat([plane, zeros_like(plane)], 1);
        // The sign of a component is the solver's choice.
        var signs = plane.sum([0L], keepdim: true).sign();
        plane = plane * where(signs.to(ScalarType.Bool), signs, ones_like(signs));
        return (plane / plane.narrow(1, 0, 1).std().AtLeast(1e-12)).Times(1e-4);
    }

    /// <summary>Joint probabilities [n,n]: equation 1 with each sample's bandwidth found for the perplexity, made symmetric.</summary>
    private static Tensor Similarities(Tensor x)
    {
        var n = (int)x.shape[0];
        var distances = SquaredDistances(x);
        distances = distances / distances.mean().AtLeast(1e-12);
        var wanted = Math.Log(Math.Min(Perplexity, (n - 1) / 3.0));
        var self = eye(n, dtype: ScalarType.Bool);
        var (low, high) = (zeros(n, 1), zeros(n, 1).FillWith(double.PositiveInfinity));
        var precision = ones(n, 1);
        var p = zeros(n, n);
        for (var i = 0; i < 50; i++)
        {
            p = (-distances * precision).Masked(self, double.NegativeInfinity).softmax(1);
            var entropy = -(p * p.AtLeast(1e-30).log()).sum([1L], keepdim: true);
            var tooWide = entropy.IsAbove(wanted);
            (low, high) = (where(tooWide, precision, low), where(tooWide, high, precision));
            precision = where(high.isinf(), precision.Times(2), low.Plus(high).Over(2));
        }
        return p.Plus(p.t()).Over(2 * n).AtLeast(1e-12);
    }

    private static Tensor Descend(Tensor y, Tensor p)
    {
        var (velocity, gains) = (zeros_like(y), ones_like(y));
        var rate = Math.Max(y.shape[0] / Exaggeration, 50);
        var self = eye(y.shape[0], dtype: ScalarType.Bool);
        for (var i = 0; i < Iterations; i++)
        {
            using var inner = NewDisposeScope();
            var early = i < EarlyIterations;
            var kernel = SquaredDistances(y).Plus(1).reciprocal().Masked(self, 0);
            var q = (kernel / kernel.sum()).AtLeast(1e-12);
            var forces = ((early ? p.Times(Exaggeration) : p) - q) * kernel; // equation 5
            var gradient = (forces.sum([1L], keepdim: true) * y - forces.matmul(y)).Times(4);
            var agrees = gradient.sign() == velocity.sign();
            gains = where(agrees, gains.Times(0.8), gains.Plus(0.2)).AtLeast(0.01).MoveToOuterDisposeScope();
            velocity = (velocity.Times(early ? EarlyMomentum : Momentum) - (gains * gradient).Times(rate)).MoveToOuterDisposeScope();
            y = y.Plus(velocity).MoveToOuterDisposeScope();
        }
        return y;
    }

    private static Tensor SquaredDistances(Tensor rows)
    {
        var squares = rows.Squared().sum([1L], keepdim: true);
        return (squares.Plus(squares.t()) - rows.matmul(rows.t()).Times(2)).AtLeast(0);
    }
}
