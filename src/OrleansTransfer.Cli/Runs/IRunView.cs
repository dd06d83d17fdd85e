using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>Shows a run while it goes on.</summary>
internal interface IRunView
{
    /// <summary>Shows events as they come, until they end.</summary>
    Task ShowAsync(ExperimentSnapshot experiment, IAsyncEnumerable<ExperimentEvent> events, CancellationToken cancellationToken);
}
