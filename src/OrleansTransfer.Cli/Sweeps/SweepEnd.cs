using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Why nobody follows a sweep any more.</summary>
internal enum SweepEndKind
{
    /// <summary>Nothing more happens without a user's command, or nobody drives it.</summary>
    Ended,

    /// <summary>Its user interrupted the process that drove it.</summary>
    Paused,

    /// <summary>Its user left it running.</summary>
    Detached,
}

/// <summary>How following a sweep ended.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Sweep">The sweep then.</param>
internal sealed record SweepEnd(SweepEndKind Kind, SweepSnapshot Sweep);
