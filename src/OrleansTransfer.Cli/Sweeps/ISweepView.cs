using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Shows a sweep while it goes on.</summary>
internal interface ISweepView
{
    /// <summary>Shows the sweep as it changes, until that ends.</summary>
    Task ShowAsync(IAsyncEnumerable<SweepSnapshot> sweeps, CancellationToken cancellationToken);
}
