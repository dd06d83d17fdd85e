using System.Text.Json;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>
/// Epochs that early stopping needs to reach the best value of random search without it, on made-up learning curves and on recorded ones. Random
/// search trains 64 trials to their end; the others go on until a trial has ended with a value as good, on eight devices that take turns. Options:
/// <c>--surrogates curve,recorded --rules asha,hyperband,median --first 0 --seeds 30</c>, the first rung of ASHA, 0 for its default.
/// </summary>
internal static class StoppingBenchmark
{
    private const int Trials = 64, Devices = 8, MostTrials = 640;

    public static void Run(Options options)
    {
        foreach (var name in options.Text("surrogates", "curve,recorded").Split(',')) Run(Surrogate.Get(name), options);
    }

    private static void Run(Surrogate surrogate, Options options)
    {
        var seeds = options.Number("seeds", 30);
        var first = options.Number("first", 0);
        (string Rule, string Sampler)[] searches =
        [
            ("asha", "random"), ("asha", "tpe"), ("asha", "gp"), ("hyperband", "random"), ("hyperband", "tpe"), ("median", "random"), ("median", "tpe"),
        ];
        var wanted = options.Text("rules", "asha,hyperband,median").Split(',');
        foreach (var (rule, sampler) in searches.Where(search => wanted.Contains(search.Rule)))
        {
            var reached = 0;
            var shares = Enumerable.Range(0, seeds).Select(seed =>
            {
                var full = Train(surrogate, Study(surrogate, "none", "random", Trials, seed, 0), double.NegativeInfinity);
                var other = Train(surrogate, Study(surrogate, rule, sampler, MostTrials, seed, first), full.Best);
                if (other.Best <= full.Best) reached++;
                return (double)other.Epochs / full.Epochs;
            }).Order().ToArray();
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "tuning",
                part = "stopping",
                surrogate = surrogate.Name,
                rule,
                sampler,
                seeds,
                epochsOfRandomSearch = Trials * surrogate.Epochs,
                reachesItsBest = Math.Round((double)reached / seeds, 3),
                medianShareOfEpochs = Math.Round((shares[(seeds - 1) / 2] + shares[seeds / 2]) / 2, 3),
                atMostAQuarter = Math.Round(shares.Count(share => share <= 0.25) / (double)seeds, 3),
            }));
        }
    }

    private static Study Study(Surrogate surrogate, string rule, string sampler, int trials, int seed, int first) => new(new()
    {
        Parameters = surrogate.Space.Parameters,
        Budget = new(trials, surrogate.Epochs),
        Goal = Goal.Minimise,
        Sampler = new(sampler),
        Stopping = new(rule) { Options = rule == "asha" ? new Dictionary<string, double> { ["first"] = first } : new() },
        Seed = seed,
    });

    // An epoch of each device in turn, until a trial ends with a value that is wanted or the search is over.
    private static (long Epochs, double Best) Train(Surrogate surrogate, Study study, double wanted)
    {
        var (training, epochs, best) = (new Queue<Trial>(), 0L, double.PositiveInfinity);
        while (true)
        {
            while (training.Count < Devices && study.Ask() is { } asked) training.Enqueue(asked);
            if (!training.TryDequeue(out var trial)) return (epochs, best);
            var epoch = trial.Epochs + 1;
            var error = surrogate.Error(trial.Configuration, epoch);
            epochs++;
            switch (study.Report(trial.Number, epoch, error).Kind)
            {
                case DecisionKind.Continue or DecisionKind.Exploit:
                    training.Enqueue(study.Get(trial.Number));
                    break;
                case DecisionKind.Finish:
                    study.Tell(trial.Number, error);
                    best = Math.Min(best, error);
                    if (best <= wanted) return (epochs, best);
                    break;
            }
        }
    }
}
