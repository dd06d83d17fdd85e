using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>One line per change, for log files.</summary>
internal sealed class PlainSweepView(Output output) : ISweepView
{
    /// <inheritdoc/>
    public async Task ShowAsync(IAsyncEnumerable<SweepSnapshot> sweeps, CancellationToken cancellationToken)
    {
        SweepSnapshot? before = null;
        await foreach (var sweep in sweeps.WithCancellation(cancellationToken))
        {
            foreach (var line in SweepLines.Changes(before, sweep)) output.Note(line);
            before = sweep;
        }
    }
}
