using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>Why nobody follows a run any more.</summary>
internal enum RunEndKind
{
    /// <summary>It has ended.</summary>
    Ended,

    /// <summary>Its user stopped it.</summary>
    Cancelled,

    /// <summary>Its user left it running.</summary>
    Detached,
}

/// <summary>How following a run ended.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Experiment">The experiment then.</param>
internal sealed record RunEnd(RunEndKind Kind, ExperimentSnapshot Experiment);
