using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>Where a sweep stands.</summary>
public enum SweepState
{
    /// <summary>It starts trials as devices come free.</summary>
    Running,

    /// <summary>Its user paused it: no trial trains, and all go on where they were when it is resumed.</summary>
    Paused,

    /// <summary>It has used its budget or tried all there is.</summary>
    Completed,

    /// <summary>Its user ended it.</summary>
    Cancelled,

    /// <summary>It ended itself, because trials fail for a reason that further ones would meet too.</summary>
    Failed,
}

/// <summary>Questions about states.</summary>
public static class SweepStates
{
    /// <summary>Whether nothing more happens without a user's command.</summary>
    public static bool IsFinal(this SweepState state) => state > SweepState.Paused;
}

/// <summary>A sweep as its users see it.</summary>
[GenerateSerializer, Immutable, Alias("orleanstransfer.sweep")]
public sealed record SweepSnapshot
{
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required SweepState State { get; init; }

    /// <summary>Why it ended, or why it waits.</summary>
    [Id(2)] public string? Reason { get; init; }

    /// <summary>What trials have in common.</summary>
    [Id(3)] public required Recipe Recipe { get; init; }

    /// <summary>What they differ in.</summary>
    [Id(4)] public required SearchRecipe Search { get; init; }

    /// <summary>All trials by number.</summary>
    [Id(5)] public required IReadOnlyList<SweepTrial> Trials { get; init; }

    /// <summary>Number of the best trial so far; null before the first with a value.</summary>
    [Id(6)] public int? Best { get; init; }

    /// <summary>Epochs that trials have trained, all together.</summary>
    [Id(7)] public long Epochs { get; init; }

    /// <summary>Hours of training of all devices together.</summary>
    [Id(8)] public double DeviceHours { get; init; }

    /// <summary>Configurations added by hand that wait to be started.</summary>
    [Id(9)] public int Waiting { get; init; }

    [Id(10)] public DateTimeOffset Created { get; init; }

    /// <summary>When its ledger was last written.</summary>
    [Id(11)] public DateTimeOffset Updated { get; init; }

    /// <summary>The process that drives it, or drove it last.</summary>
    [Id(12)] public ExperimentOwner? Owner { get; init; }

    /// <summary>Names this look at it, for a later one to ask what has changed since.</summary>
    [Id(13)] public string Revision { get; init; } = "";

    /// <summary>The look that <see cref="Trials"/> has the changes since, by number; null where it has all of them.</summary>
    [Id(14)] public string? Since { get; init; }

    /// <summary>This look, completed by the trials that have not changed since an earlier one.</summary>
    /// <param name="before">The look that this one was asked to begin from, or any other where this one is whole.</param>
    public SweepSnapshot After(SweepSnapshot? before)
    {
        if (Since is null) return this;
        if (before?.Revision != Since)
            throw new ArgumentException($"This look has the changes since '{Since}', not since '{before?.Revision}'.", nameof(before));
        List<SweepTrial> trials = [.. before.Trials];
        foreach (var trial in Trials)
        {
            if (trial.Number < trials.Count) trials[trial.Number] = trial;
            else trials.Add(trial);
        }
        return this with { Trials = trials, Since = null };
    }
}

/// <summary>One trial of a sweep.</summary>
[GenerateSerializer, Immutable, Alias("orleanstransfer.sweep-trial")]
public sealed record SweepTrial
{
    /// <summary>From 0.</summary>
    [Id(0)] public required int Number { get; init; }

    /// <summary>
    /// <c>Running</c>, <c>Paused</c>, <c>Completed</c>, <c>Stopped</c>, <c>Infeasible</c> or <c>Failed</c>, as the tuning library names them.
    /// </summary>
    [Id(1)] public required string State { get; init; }

    /// <summary>Its values by recipe path, as recipes write them.</summary>
    [Id(2)] public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>The experiment that trains it; null before it was submitted.</summary>
    [Id(3)] public string? Experiment { get; init; }

    /// <summary>Epochs it has measured.</summary>
    [Id(4)] public int Epochs { get; init; }

    /// <summary>Its final metric, or so far its newest; null before the first.</summary>
    [Id(5)] public double? Value { get; init; }

    /// <summary>The metric after each epoch.</summary>
    [Id(6)] public IReadOnlyList<TrialMeasurement> Measurements { get; init; } = [];

    /// <summary>Why it is in its state.</summary>
    [Id(7)] public string Reason { get; init; } = "";

    /// <summary>How often it was started: more than 1 when infrastructure failed under it.</summary>
    [Id(8)] public int Attempts { get; init; } = 1;

    /// <summary>Seconds of training of all its devices together.</summary>
    [Id(9)] public double DeviceSeconds { get; init; }

    /// <summary>Number of the earlier trial with the same values whose outcome it took over; null for none.</summary>
    [Id(10)] public int? SameAs { get; init; }

    /// <summary>When it was started.</summary>
    [Id(11)] public DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    [Id(12)] public DateTimeOffset? Ended { get; init; }

    /// <summary>When it went on with another trial's weights and other values, by rising epoch.</summary>
    [Id(13)] public IReadOnlyList<TrialOrigin> Lineage { get; init; } = [];
}

/// <summary>That a trial went on with another one's weights.</summary>
/// <param name="Epoch">Epochs the trial had trained.</param>
/// <param name="From">Number of the other trial.</param>
/// <param name="Before">The trial's values until then, by recipe path.</param>
/// <param name="Checkpoint">The other trial's checkpoint; null as long as it is not copied, or if there was none: then the trial kept its
/// weights.</param>
/// <param name="FromEpoch">Epochs trained in that checkpoint; null without one.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.trial-origin")]
public sealed record TrialOrigin(
    [property: Id(0)] int Epoch,
    [property: Id(1)] int From,
    [property: Id(2)] IReadOnlyDictionary<string, string> Before,
    [property: Id(3)] string? Checkpoint = null,
    [property: Id(4)] int? FromEpoch = null);

/// <summary>The metric after an epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Value">The metric.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.trial-measurement")]
public readonly record struct TrialMeasurement([property: Id(0)] int Epoch, [property: Id(1)] double Value);

/// <summary>What a sweep would run, before it does.</summary>
/// <param name="Trials">Trials it would start.</param>
/// <param name="EpochsPerTrial">Epochs of a trial that runs to its end.</param>
/// <param name="FullEpochs">Epochs if every trial ran to its end.</param>
/// <param name="ExpectedEpochs">Epochs if trials are as good and bad as chance has it.</param>
/// <param name="Rungs">Where trials are compared.</param>
/// <param name="Parallelism">Trials at a time.</param>
/// <param name="WorkersPerTrial">Devices of each.</param>
/// <param name="SecondsPerEpoch">Of one trial, measured on this cluster; null where nothing like it was trained yet.</param>
/// <param name="MeasuredOn">The experiment that the speed is from; null for none.</param>
/// <param name="Note">What the expectation rests on.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.sweep-preview")]
public sealed record SweepPreview(
    [property: Id(0)] int Trials,
    [property: Id(1)] int EpochsPerTrial,
    [property: Id(2)] long FullEpochs,
    [property: Id(3)] double ExpectedEpochs,
    [property: Id(4)] IReadOnlyList<PreviewRung> Rungs,
    [property: Id(5)] int Parallelism,
    [property: Id(6)] int WorkersPerTrial,
    [property: Id(7)] double? SecondsPerEpoch,
    [property: Id(8)] string? MeasuredOn,
    [property: Id(9)] string Note)
{
    /// <summary>What is computed once for all trials; null where there is nothing to say.</summary>
    [Id(10)] public string? Features { get; init; }

    /// <summary>Device-hours that are expected; null where the speed is not known.</summary>
    public double? DeviceHours => SecondsPerEpoch is { } seconds ? ExpectedEpochs * seconds * WorkersPerTrial / 3600 : null;

    /// <summary>Hours that it would take; null where the speed is not known.</summary>
    public double? Hours => SecondsPerEpoch is { } seconds ? ExpectedEpochs * seconds / Parallelism / 3600 : null;
}

/// <summary>A point at which trials are compared.</summary>
/// <param name="Bracket">Which race for survival.</param>
/// <param name="Epoch">Epochs that trials have trained there.</param>
/// <param name="Trials">How many are expected to come that far.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.preview-rung")]
public sealed record PreviewRung([property: Id(0)] int Bracket, [property: Id(1)] int Epoch, [property: Id(2)] double Trials);
