using System.Diagnostics;
using System.Text.Json;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Registration;
using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>
/// How long a suggestion takes after many finished trials with eight more running, in the space of <see cref="LearningCurve"/> and in that of
/// Hartmann's function.
/// </summary>
internal static class SuggestionBenchmark
{
    private const int Suggestions = 50, WarmUp = 20;

    public static void Run(Options options)
    {
        (string Sampler, int Trials)[] cases = [("tpe", 1000), ("gp", 300), ("cma-es", 1000), ("random", 10_000), ("sobol", 10_000), ("tpe", 10_000)];
        var wanted = options.Text("samplers", "tpe,gp,cma-es,random,sobol").Split(',');
        foreach (var (name, trials) in cases.Where(one => wanted.Contains(one.Sampler)))
            foreach (var function in TestFunction.All.Where(function => function.Name is "hartmann6" or "curve"))
                Measure(Samplers.Create(name), trials, function);
    }

    private static void Measure(ISampler sampler, int trials, TestFunction function)
    {
        List<double> times = [];
        for (var i = 0; i < Suggestions + WarmUp; i++)
        {
            // Another history each time, as if the process had just come up.
            var history = History(function, trials, seed: i % 10);
            var started = Stopwatch.GetTimestamp();
            sampler.Suggest(new(function.Space, history, i));
            if (i >= WarmUp) times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        times.Sort();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "tuning",
            part = "suggestions",
            sampler = sampler.Name,
            function = function.Name,
            finishedTrials = trials,
            runningTrials = 8,
            medianMs = Math.Round(times[times.Count / 2], 3),
            ninetiethPercentileMs = Math.Round(times[times.Count * 9 / 10], 3),
            maximumMs = Math.Round(times[^1], 3),
        }));
    }

    private static TrialHistory History(TestFunction function, int trials, int seed)
    {
        var made = Enumerable.Range(0, trials + 8).Select(number =>
        {
            var configuration = function.Space.FromUnit(RandomStream.For(seed, number).NextPoint(function.Space.Dimensions));
            var trial = new Trial { Number = number, Configuration = configuration };
            return number >= trials ? trial : trial with { State = TrialState.Completed, Value = function.Of(configuration), Order = number };
        });
        return TrialHistory.Of(Goal.Minimise, made, []);
    }
}
