using System.Numerics.Tensors;

namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>
/// Class-cluster score: the mean silhouette (Rousseeuw 1987) of target features, scaled to unit length, with the predicted classes as clusters: high
/// where samples of one predicted class lie together and apart from the others (ClassSS of Musgrave and others, arXiv 2208.07360).
/// </summary>
public sealed class ClassCluster : IUnsupervisedValidator
{
    // The comparison is quadratic.
    private const int MostSamples = 1000;

    /// <inheritdoc/>
    public string Name => "class-cluster";

    /// <inheritdoc/>
    public string Summary => "how well predicted classes are clusters of target features (silhouette)";

    /// <inheritdoc/>
    public double Score(ValidatorInput input)
    {
        var target = input.Target.AtMost(MostSamples);
        var (classes, predicted) = (target.Classes, target.Predictions);
        var sizes = new int[classes];
        foreach (var label in predicted) sizes[label]++;
        if (sizes.Count(size => size > 0) < 2) return double.NaN;

        var rows = target.Features.Select(UnitLength).ToArray();
        var silhouettes = new double[rows.Length];
        Parallel.For(0, rows.Length, i =>
        {
            var distances = new double[classes];
            for (var j = 0; j < rows.Length; j++)
                if (j != i) distances[predicted[j]] += Distance(rows[i], rows[j]);
            var own = predicted[i];
            if (sizes[own] == 1) return; // 0 by definition
            var within = distances[own] / (sizes[own] - 1);
            var nearest = Enumerable.Range(0, classes).Where(k => k != own && sizes[k] > 0).Min(k => distances[k] / sizes[k]);
            silhouettes[i] = Math.Max(within, nearest) is var larger and > 0 ? (nearest - within) / larger : 0;
        });
        return silhouettes.Average();
    }

    private static float[] UnitLength(float[] row)
    {
        var length = Math.Max(1e-12, Math.Sqrt(row.Sum(value => (double)value * value)));
        return [.. row.Select(value => (float)(value / length))];
    }

    private static double Distance(float[] left, float[] right) => Math.Sqrt(Math.Max(0, 2 - 2.0 * TensorPrimitives.Dot<float>(left, right)));
}
