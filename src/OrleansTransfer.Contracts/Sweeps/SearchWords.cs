using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>The words that the section <c>search</c> has.</summary>
public static class SearchWords
{
    /// <summary>Kinds of parameters: <see cref="SearchParameterRecipe.Kind"/>.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [Uniform, Log, Int, Choice];

    /// <summary>Any real number between two, every one equally likely.</summary>
    public const string Uniform = "uniform";

    /// <summary>Any real number between two, every factor equally likely.</summary>
    public const string Log = "log";

    /// <summary>A whole number between two.</summary>
    public const string Int = "int";

    /// <summary>One of several values.</summary>
    public const string Choice = "choice";

    /// <summary>Values of <see cref="SearchRecipe.Goal"/>.</summary>
    public static IReadOnlyList<string> Goals { get; } = ["maximise", "minimise"];

    /// <summary>The samplers of the tuning library.</summary>
    public static IReadOnlyList<string> Samplers { get; } = ["grid", "random", "sobol", "tpe", "gp", "cma-es"];

    /// <summary>The stopping rules of the tuning library.</summary>
    public static IReadOnlyList<string> StoppingRules { get; } = ["none", "median", "asha", "hyperband", PopulationBased];

    /// <summary>The stopping rule that copies weights between trials.</summary>
    public const string PopulationBased = "pbt";

    /// <summary>What may change in the middle of a run that goes on from other weights of its kind: all that population-based training may
    /// vary.</summary>
    public static IReadOnlyList<string> PopulationPaths { get; } =
    [
        "training.optimizer.learningRate", "training.optimizer.backboneFactor", "training.optimizer.weightDecay", "training.schedule",
        "model.head.dropout", "data.augment",
    ];

    /// <summary>Transfer methods of one phase: any two runs of them can change their weights, whatever epoch they are in.</summary>
    public static IReadOnlyList<string> PopulationMethods { get; } = ["feature-extraction", "fine-tune"];

    /// <summary>What is measured after every epoch, with a target domain or without.</summary>
    public static IReadOnlyList<string> Metrics { get; } = ["accuracy", "loss", "macroF1", "trainingLoss"];

    /// <summary>What is measured of a target domain after every epoch without looking at its labels.</summary>
    public static IReadOnlyList<string> TargetMetrics { get; } =
        [.. AdaptationWords.Validators.Where(validator => validator != "last").Select(validator => TargetPrefix + validator)];

    /// <summary>What is measured after every epoch where a finished model is adapted without data of the source.</summary>
    public static IReadOnlyList<string> SourceFreeMetrics { get; } =
    [
        "trainingLoss",
        .. AdaptationWords.Validators.Except(AdaptationWords.SourceValidators).Where(validator => validator != "last")
            .Select(validator => TargetPrefix + validator),
    ];

    /// <summary>What the names of figures of a target domain begin with.</summary>
    public const string TargetPrefix = "target.";
}
