using System.Text.Json;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Registration;
using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>How close samplers come to the minimum of test functions, one trial after the other, over several seeds.</summary>
internal static class SamplerBenchmark
{
    public static void Run(Options options)
    {
        var seeds = options.Number("seeds", 30);
        var first = options.Number("firstSeed", 0);
        var samplers = options.Text("samplers", "random,sobol,tpe,gp,cma-es").Split(',');
        var wanted = options.Text("functions", string.Join(',', TestFunction.All.Select(function => function.Name))).Split(',');
        foreach (var function in TestFunction.All.Where(function => wanted.Contains(function.Name)))
        {
            var random = Enumerable.Range(first, seeds).Select(seed => Regrets(function, Samplers.Create("random"), seed)).ToArray();
            foreach (var name in samplers)
            {
                var runs = name == "random"
                    ? random
                    : [.. Enumerable.Range(first, seeds).Select(seed => Regrets(function, Samplers.Create(name), seed))];
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    benchmark = "tuning",
                    part = "samplers",
                    function = function.Name,
                    sampler = name,
                    seeds,
                    medianRegret50 = Significant(Median(runs.Select(run => run[49]))),
                    medianRegret100 = Significant(Median(runs.Select(run => run[99]))),
                    meanRegret100 = Significant(runs.Average(run => run[99])),
                    beatsRandomAt50 = Math.Round((double)runs.Zip(random).Count(pair => pair.First[49] < pair.Second[49]) / seeds, 3),
                }));
            }
        }
    }

    /// <summary>Regret of the best trial so far, after each of 100 trials.</summary>
    private static double[] Regrets(TestFunction function, ISampler sampler, int seed)
    {
        var study = new Study(new() { Parameters = function.Space.Parameters, Budget = new(100, 1), Goal = Goal.Minimise, Seed = seed }, sampler);
        var regrets = new double[100];
        var best = double.PositiveInfinity;
        for (var i = 0; i < regrets.Length; i++)
        {
            var trial = study.Ask()!;
            var value = function.Of(trial.Configuration);
            study.Tell(trial.Number, value);
            regrets[i] = best = Math.Min(best, value - function.Minimum);
        }
        return regrets;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Significant(double value) => double.Parse(value.ToString("G4"));
}
