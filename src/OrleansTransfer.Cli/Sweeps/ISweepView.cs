using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Shows a sweep while it goes on.</summary>
internal interface ISweepView
{
    /// <summary>Shows the sweep as it changes, until that ends.</summary>
    /// <param name="known">What needs no telling; null for nothing.</param>
    /// <param name="sweeps">The sweep, time and again.</param>
    /// <param name="cancellationToken">Ends the showing.</param>
    Task ShowAsync(SweepSnapshot? known, IAsyncEnumerable<SweepSnapshot> sweeps, CancellationToken cancellationToken);
}
