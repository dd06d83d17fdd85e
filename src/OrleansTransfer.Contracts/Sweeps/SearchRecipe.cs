namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>The section <c>search</c> of a recipe: what a sweep varies, what it looks for and what it may use.</summary>
[GenerateSerializer, Immutable, Alias("orleanstransfer.search")]
public sealed record SearchRecipe
{
    /// <summary>What is varied, by recipe path: <c>search.space</c>.</summary>
    [Id(0)] public IReadOnlyList<SearchParameterRecipe> Space { get; init; } = [];

    /// <summary>
    /// The figure that counts, measured after every epoch: <c>accuracy</c>, <c>loss</c> or <c>macroF1</c> on the validation samples, <c>trainingLoss</c>,
    /// or one that a target domain adds, for instance <c>target.im</c>: <c>search.metric</c>.
    /// </summary>
    [Id(1)] public string Metric { get; init; } = "accuracy";

    /// <summary><c>maximise</c> or <c>minimise</c>; empty to minimise losses and maximise all else: <c>search.goal</c>.</summary>
    [Id(2)] public string Goal { get; init; } = "";

    /// <summary>What suggests configurations: <c>search.sampler</c>.</summary>
    [Id(3)] public AlgorithmRecipe Sampler { get; init; } = new("tpe");

    /// <summary>What ends trials early: <c>search.stopping</c>.</summary>
    [Id(4)] public AlgorithmRecipe Stopping { get; init; } = new("asha");

    /// <summary>What the sweep may use: <c>search.budget</c>. The epochs of a full trial are <c>training.epochs</c>.</summary>
    [Id(5)] public SweepBudgetRecipe Budget { get; init; } = new();

    /// <summary>Trials that train at a time; 0 for as many as the cluster has devices for: <c>search.parallelism</c>.</summary>
    [Id(6)] public int Parallelism { get; init; }

    /// <summary>Source of all suggestions: <c>search.seed</c>. The trials' own seed is <c>training.seed</c>.</summary>
    [Id(7)] public long Seed { get; init; } = 42;

    /// <summary>Whether more is better.</summary>
    public bool Maximises => Goal.Length > 0 ? Goal == "maximise" : !Metric.Contains("loss", StringComparison.OrdinalIgnoreCase);
}

/// <summary>An algorithm and the options that are not to have their defaults.</summary>
/// <param name="Type">Its name, for instance <c>tpe</c>.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.search-algorithm")]
public sealed record AlgorithmRecipe([property: Id(0)] string Type)
{
    /// <summary>Values by option name.</summary>
    [Id(1)] public IReadOnlyDictionary<string, double> Options { get; init; } = new Dictionary<string, double>();
}

/// <summary>What a sweep may use. 0 is no limit, but for trials.</summary>
[GenerateSerializer, Immutable, Alias("orleanstransfer.search-budget")]
public sealed record SweepBudgetRecipe
{
    /// <summary>Trials to start, those not counted that infrastructure kept from running; at least 1.</summary>
    [Id(0)] public int Trials { get; init; } = 20;

    /// <summary>Hours since the sweep was started, pauses not counted.</summary>
    [Id(1)] public double Hours { get; init; }

    /// <summary>Hours of training of all devices together.</summary>
    [Id(2)] public double DeviceHours { get; init; }
}

/// <summary>One recipe path and the values it may have. Exactly one of the four kinds.</summary>
/// <param name="Path">Recipe path, for instance <c>training.optimizer.learningRate</c>.</param>
/// <param name="Kind"><c>uniform</c>, <c>log</c>, <c>int</c> or <c>choice</c>.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.search-parameter")]
public sealed record SearchParameterRecipe([property: Id(0)] string Path, [property: Id(1)] string Kind)
{
    /// <summary>Least value of a number.</summary>
    [Id(2)] public double Low { get; init; }

    /// <summary>Largest value of a number.</summary>
    [Id(3)] public double High { get; init; }

    /// <summary>Distance of neighbouring values from <see cref="Low"/> on; 0 for dense values, or 1 for whole numbers.</summary>
    [Id(4)] public double Step { get; init; }

    /// <summary>Whether whole numbers are spread evenly by their logarithms.</summary>
    [Id(5)] public bool Logarithmic { get; init; }

    /// <summary>The values of a choice, as recipes write them.</summary>
    [Id(6)] public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Path of the choice that this parameter depends on; null when it is always there.</summary>
    [Id(7)] public string? WhenPath { get; init; }

    /// <summary>Values of that choice with which it is there.</summary>
    [Id(8)] public IReadOnlyList<string> WhenValues { get; init; } = [];
}
