using OrleansTransfer.Benchmarks.Tuning.Recorded;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>A function whose minimum is known.</summary>
/// <param name="Name">As results call it.</param>
/// <param name="Space">Where it is searched.</param>
/// <param name="Value">The function.</param>
/// <param name="Minimum">Its least value there.</param>
internal sealed record TestFunction(string Name, SearchSpace Space, Func<double[], double> Value, double Minimum)
{
    /// <summary>Surjanovic and Bingham, Virtual Library of Simulation Experiments, give definitions and minima.</summary>
    public static IReadOnlyList<TestFunction> All { get; } =
    [
        new("branin", new(new UniformParameter("x0", -5, 10), new UniformParameter("x1", 0, 15)), Branin, 0.39788735772973816),
        new("hartmann6", Cube(6, 0, 1), Hartmann6, -3.32236801141551),
        new("rosenbrock5", Cube(5, -5, 10), Rosenbrock, 0),
        new("rosenbrock10", Cube(10, -5, 5), Rosenbrock, 0),
        new("sphere10", Cube(10, -5, 5), point => point.Sum(x => x * x), 0),
        new("curve", LearningCurve.Space, point => LearningCurve.Error(LearningCurve.Of(point), LearningCurve.Epochs), LearningCurve.Least),
        new("recorded", RecordedCurves.Space, point => RecordedCurves.Error(RecordedCurves.At(point), RecordedCurves.Epochs), RecordedCurves.Least),
    ];

    /// <summary>The function of a configuration.</summary>
    public double Of(Configuration configuration) => Value([.. Space.Parameters.Select(parameter => Coordinate(parameter, configuration))]);

    private static double Coordinate(SearchParameter parameter, Configuration configuration) =>
        parameter is ChoiceParameter choice ? choice.IndexOf(configuration[parameter.Path]) : configuration[parameter.Path].Number;

    private static SearchSpace Cube(int dimensions, double low, double high) =>
        new([.. Enumerable.Range(0, dimensions).Select(i => new UniformParameter($"x{i}", low, high))]);

    private static double Branin(double[] x)
    {
        var square = x[1] - 5.1 / (4 * Math.PI * Math.PI) * x[0] * x[0] + 5 / Math.PI * x[0] - 6;
        return square * square + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x[0]) + 10;
    }

    private static double Rosenbrock(double[] x)
    {
        var sum = 0.0;
        for (var i = 0; i + 1 < x.Length; i++) sum += 100 * Math.Pow(x[i + 1] - x[i] * x[i], 2) + Math.Pow(1 - x[i], 2);
        return sum;
    }

    private static double Hartmann6(double[] x)
    {
        double[] alpha = [1, 1.2, 3, 3.2];
        double[][] a = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]];
        double[][] p =
        [
            [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
            [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
            [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
            [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
        ];
        return -Enumerable.Range(0, 4).Sum(i => alpha[i] * Math.Exp(-Enumerable.Range(0, 6).Sum(j => a[i][j] * Math.Pow(x[j] - p[i][j], 2))));
    }
}
