using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>One line per change, for log files.</summary>
internal sealed class PlainSweepView(Output output) : ISweepView
{
    /// <inheritdoc/>
    public async Task ShowAsync(SweepSnapshot? known, IAsyncEnumerable<SweepSnapshot> sweeps, CancellationToken cancellationToken)
    {
        var before = known;
        await foreach (var sweep in sweeps.WithCancellation(cancellationToken))
        {
            foreach (var line in SweepLines.Changes(before, sweep)) output.Note(line);
            before = sweep;
        }
    }
}
