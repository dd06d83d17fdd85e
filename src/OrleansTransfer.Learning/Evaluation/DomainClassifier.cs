using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>
/// A logistic regression that tells source features from target ones: the further apart the domains are, the better it does. Features are
/// standardised; weights are fitted by Nesterov's accelerated gradient with an L2 penalty, which makes the optimum unique.
/// </summary>
public static class DomainClassifier
{
    private const int Iterations = 150;
    private const double Penalty = 1e-3;

    /// <summary>
    /// How much likelier each source sample's features are in the target than in the source, by a classifier fitted to the half of all samples that it
    /// is not in.
    /// </summary>
    public static IReadOnlyList<double> CrossFittedDensityRatios(IReadOnlyList<float[]> source, IReadOnlyList<float[]> target)
    {
        var ratios = new double[source.Count];
        for (var fold = 0; fold < 2; fold++)
        {
            var scores = Fit(Half(source, 1 - fold), Half(target, 1 - fold), Half(source, fold));
            // Even samples belong to fold 0, odd ones to fold 1. They are bounded, so that one sample never outweighs all others.
            for (var i = 0; i < scores.Length; i++) ratios[2 * i + fold] = Math.Exp(Math.Clamp(scores[i], -10, 10));
        }
        return ratios;
    }

    /// <summary>
    /// Proxy A-distance (Ben-David and others, 2007): 2 (1 - 2 error) of a domain classifier on samples that it was not fitted to; 0 for domains that
    /// cannot be told apart, 2 for domains that always can.
    /// </summary>
    public static double ProxyADistance(IReadOnlyList<float[]> source, IReadOnlyList<float[]> target)
    {
        var (sourceErrors, targetErrors) = (0.0, 0.0);
        for (var fold = 0; fold < 2; fold++)
        {
            var (fitSource, fitTarget) = (Half(source, 1 - fold), Half(target, 1 - fold));
            sourceErrors += Fit(fitSource, fitTarget, Half(source, fold)).Count(score => score > 0);
            targetErrors += Fit(fitSource, fitTarget, Half(target, fold)).Count(score => score <= 0);
        }
        var error = (sourceErrors / source.Count + targetErrors / target.Count) / 2;
        return Math.Max(0, 2 * (1 - 2 * error));
    }

    private static float[][] Half(IReadOnlyList<float[]> rows, int parity) => [.. rows.Where((_, i) => i % 2 == parity)];

    /// <summary>Log-odds of being target of <paramref name="judged"/>, by a classifier of the two other sets, which count the same.</summary>
    private static double[] Fit(float[][] source, float[][] target, float[][] judged)
    {
        if (judged.Length == 0) return [];
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (x, y) = (cat([Matrix(source), Matrix(target)]), cat([zeros(source.Length), ones(target.Length)]));
        var (mean, std) = (x.mean([0L], keepdim: true), x.std(0, unbiased: false, keepdim: true).AtLeast(1e-6));
        Tensor Standard(Tensor rows) => cat([(rows - mean) / std, ones(rows.shape[0], 1)], 1);

        x = Standard(x);
        var weights = cat([zeros(source.Length).FillWith(0.5 / source.Length), zeros(target.Length).FillWith(0.5 / target.Length)]);
        var width = x.shape[1];
        var (w, ahead, step) = (zeros(width), zeros(width), 1 / (0.25 * LargestEigenvalue(x, weights) + Penalty));
        for (var i = 0; i < Iterations; i++)
        {
            using var inner = NewDisposeScope();
            var gradient = x.t().mv((x.mv(ahead).sigmoid() - y) * weights).Plus(ahead.Times(Penalty));
            var next = ahead - gradient.Times(step);
            ahead = next.Plus((next - w).Times(i / (i + 3.0))).MoveToOuterDisposeScope();
            w = next.MoveToOuterDisposeScope();
        }
        return [.. Standard(Matrix(judged)).mv(w).data<float>().Select(score => (double)score)];
    }

    private static double LargestEigenvalue(Tensor x, Tensor weights)
    {
        using var scope = NewDisposeScope();
        var v = ones(x.shape[1]).Over(Math.Sqrt(x.shape[1]));
        var value = 1.0;
        for (var i = 0; i < 20; i++)
        {
            var product = x.t().mv(x.mv(v) * weights);
            value = product.norm().item<float>();
            v = product.Over(Math.Max(value, 1e-12));
        }
        return value * 1.05; // the power iteration comes from below
    }

    private static Tensor Matrix(float[][] rows) => tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, -1);
}
