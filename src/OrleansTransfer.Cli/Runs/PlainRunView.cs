using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>One line per epoch and change, for log files.</summary>
internal sealed class PlainRunView(Output output) : IRunView
{
    /// <inheritdoc/>
    public async Task ShowAsync(ExperimentSnapshot experiment, IAsyncEnumerable<ExperimentEvent> events, CancellationToken cancellationToken)
    {
        await foreach (var item in events.WithCancellation(cancellationToken))
            if (RunLines.Of(experiment, item) is { } line) output.Note(line);
    }
}
