using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Api;

/// <summary>What can be known of sweeps without changing them.</summary>
internal interface ISweepReader
{
    /// <summary>All sweeps, newest first.</summary>
    Task<IReadOnlyList<SweepSnapshot>> ListSweepsAsync(CancellationToken cancellationToken);

    /// <summary>The sweep whose id is, or uniquely begins with, <paramref name="id"/>.</summary>
    /// <exception cref="CliException">None or several do.</exception>
    Task<SweepSnapshot> FindSweepAsync(string id, CancellationToken cancellationToken);
}
