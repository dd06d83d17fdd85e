using System.Globalization;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Tests.Sweeps;

/// <summary>Sweeps as they could have been.</summary>
internal static class MadeUpSweeps
{
    public const string LearningRate = "training.optimizer.learningRate";

    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Six parameters, one of them there only with one backbone; epochs of a full trial: 9.</summary>
    public static SearchRecipe Search { get; } = new()
    {
        Space =
        [
            new(LearningRate, "log") { Low = 1e-5, High = 1e-1 },
            new("transfer.unfreeze", "choice") { Values = ["none", "last-1-stages", "last-2-stages", "all"] },
            new("model.head.dropout", "uniform") { Low = 0, High = 0.5, Step = 0.1 },
            new("model.backbone", "choice") { Values = ["squeezenet1_0", "mobilenet_v3_small"] },
            new("training.batchSize", "int") { Low = 8, High = 128, Logarithmic = true },
            new("transfer.batchNorm", "choice")
            {
                Values = ["frozen", "trainable"],
                WhenPath = "model.backbone",
                WhenValues = ["mobilenet_v3_small"],
            },
        ],
        Budget = new() { Trials = 24 },
    };

    /// <summary>A completed sweep: most trials stopped early, a few infeasible, one as another.</summary>
    public static SweepSnapshot Completed(int count = 24, int seed = 7)
    {
        var random = new Random(seed);
        var trials = new List<SweepTrial>();
        for (var number = 0; number < count; number++)
        {
            var rate = Math.Pow(10, -5 + (4 * random.NextDouble()));
            string[] depths = ["none", "last-1-stages", "last-2-stages", "all"];
            var (depth, backbone) = (random.Next(4), random.Next(2));
            var parameters = new Dictionary<string, string>
            {
                [LearningRate] = rate.ToString("R", CultureInfo.InvariantCulture),
                ["transfer.unfreeze"] = depths[depth],
                ["model.head.dropout"] = (random.Next(6) / 10.0).ToString("R", CultureInfo.InvariantCulture),
                ["model.backbone"] = backbone == 0 ? "squeezenet1_0" : "mobilenet_v3_small",
                ["training.batchSize"] = $"{Math.Round(Math.Pow(2, 3 + (4 * random.NextDouble())))}",
            };
            if (backbone == 1) parameters["transfer.batchNorm"] = random.Next(2) == 0 ? "frozen" : "trainable";
            var quality = 0.97 - (0.09 * Math.Pow(Math.Log10(rate) + 2.8, 2)) + (0.02 * depth) - (0.05 * random.NextDouble()) - (0.05 * backbone);
            quality = Math.Clamp(quality, 0.2, 0.995);
            var infeasible = number % 11 == 5;
            var epochs = infeasible ? 0 : quality > 0.9 ? 9 : quality > 0.8 ? 3 : 1;
            var measurements = Enumerable.Range(1, epochs)
                .Select(epoch => new TrialMeasurement(epoch, quality * (1 - (0.4 / (epoch + 1))) / 0.96))
                .ToList();
            trials.Add(new()
            {
                Number = number,
                State = infeasible ? "Infeasible" : epochs == 9 ? "Completed" : "Stopped",
                Parameters = parameters,
                Experiment = $"leaves-{number:x4}",
                Epochs = epochs,
                Value = epochs > 0 ? measurements[^1].Value : null,
                Measurements = measurements,
                Reason = infeasible ? "out of memory at step 0 & <worker n1/cpu:0> says so" : "",
                DeviceSeconds = 40 * epochs,
                Started = s_start.AddMinutes(number),
                Ended = s_start.AddMinutes(number + epochs),
            });
        }
        return Of(trials, SweepState.Completed) with { Search = Search with { Budget = Search.Budget with { Trials = count } } };
    }

    /// <summary>A sweep of these trials.</summary>
    public static SweepSnapshot Of(IReadOnlyList<SweepTrial> trials, SweepState state, string id = "leaves-sweep-3f9a") => new()
    {
        Id = id,
        State = state,
        Recipe = new() { Name = "leaves", Data = new() { Train = "/leaves" }, Training = new() { Epochs = 9 } },
        Search = Search,
        Trials = trials,
        Best = trials.Where(trial => trial is { Value: not null, State: "Completed" or "Stopped" })
            .OrderBy(trial => trial.State).ThenByDescending(trial => trial.Value).FirstOrDefault()?.Number,
        Epochs = trials.Sum(trial => trial.Epochs),
        DeviceHours = trials.Sum(trial => trial.DeviceSeconds) / 3600,
        Created = s_start,
        Updated = s_start.AddHours(1),
    };

    /// <summary>A trial with a value for the learning rate alone.</summary>
    public static SweepTrial Trial(int number, string state = "Running", int epochs = 0, double? value = null, double rate = 0.001) => new()
    {
        Number = number,
        State = state,
        Parameters = new Dictionary<string, string> { [LearningRate] = rate.ToString("R", CultureInfo.InvariantCulture) },
        Experiment = $"leaves-{number:x4}",
        Epochs = epochs,
        Value = value,
        Measurements = value is { } known ? [new(epochs, known)] : [],
        Started = s_start.AddMinutes(number),
        Ended = state is "Running" or "Paused" ? null : s_start.AddMinutes(number + 1),
    };

    /// <summary>The recipe of a search, as a user writes it.</summary>
    public const string RecipeText = """
        data: { train: x }
        training: { epochs: 9 }
        search:
          space:
            training.optimizer.learningRate: { log: [1e-5, 1e-1] }
          budget: { trials: 24 }
        """;
}
