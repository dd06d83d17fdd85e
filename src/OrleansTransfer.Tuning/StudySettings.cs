using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning;

/// <summary>An algorithm by name, with the options that are not to have their defaults.</summary>
public sealed record AlgorithmSettings(string Name)
{
    /// <summary>Values by option name.</summary>
    public IReadOnlyDictionary<string, double> Options { get; init; } = new Dictionary<string, double>();
}

/// <summary>What a study is about. Everything but the budget stays as it is for the study's whole life.</summary>
public sealed record StudySettings
{
    /// <summary>What may be varied; a <see cref="SearchSpace"/> is made of it.</summary>
    public required IReadOnlyList<SearchParameter> Parameters { get; init; }

    /// <summary>What the study may use.</summary>
    public required SweepBudget Budget { get; init; }

    /// <summary>Which values of the metric are good.</summary>
    public Goal Goal { get; init; } = Goal.Maximise;

    /// <summary>One of <see cref="Registration.Samplers.Names"/>.</summary>
    public AlgorithmSettings Sampler { get; init; } = new("tpe");

    /// <summary>One of <see cref="Registration.StoppingRules.Names"/>.</summary>
    public AlgorithmSettings Stopping { get; init; } = new("none");

    /// <summary>Source of all randomness of the study.</summary>
    public long Seed { get; init; } = 42;
}
