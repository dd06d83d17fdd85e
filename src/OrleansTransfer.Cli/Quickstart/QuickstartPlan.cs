namespace OrleansTransfer.Cli.Quickstart;

/// <summary>
/// How much the quickstart does. The defaults fit a minute on two cores: pictures small enough to learn from nothing on a CPU, labels so few that
/// starting from nothing on the target task cannot succeed.
/// </summary>
internal sealed record QuickstartPlan
{
    /// <summary>Source of all randomness: pictures, initial weights, order of the samples.</summary>
    public long Seed { get; init; }

    /// <summary>Replicas that share every batch; at least 1.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Most replicas that the few labelled pictures can be divided among.</summary>
    public const int MostWorkers = 8;

    /// <summary>Height and width of the drawn pictures, pixels.</summary>
    public int PictureSize { get; init; } = 64;

    /// <summary>Height and width of the network's input, pixels.</summary>
    public int InputSize { get; init; } = 32;

    /// <summary>Catalogue name of the network; any would do, this one learns fastest from nothing.</summary>
    public string Backbone { get; init; } = "resnet18";

    /// <summary>Pictures of each species of the source task.</summary>
    public int PicturesPerSpecies { get; init; } = 200;

    /// <summary>Labelled pictures of each of the two labels of the target task; a fifth of them validates.</summary>
    public int LabelledPerLabel { get; init; } = 20;

    /// <summary>Pictures of each of the two labels that only judge.</summary>
    public int TestPerLabel { get; init; } = 100;

    /// <summary>Passes over the source task.</summary>
    public int SourceEpochs { get; init; } = 6;

    /// <summary>Passes over the few labels, for the transferred network and for the one from scratch.</summary>
    public int TargetEpochs { get; init; } = 16;
}
