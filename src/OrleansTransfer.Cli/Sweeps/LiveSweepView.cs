using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;
using Spectre.Console;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>A table of trials that changes in place, and above it one line per new best.</summary>
internal sealed class LiveSweepView(Output output) : ISweepView
{
    /// <inheritdoc/>
    public Task ShowAsync(SweepSnapshot? known, IAsyncEnumerable<SweepSnapshot> sweeps, CancellationToken cancellationToken)
    {
        var console = output.ErrorConsole;
        return console.Live(new Text("")).AutoClear(true).StartAsync(async live =>
        {
            var before = known;
            await foreach (var sweep in sweeps.WithCancellation(cancellationToken))
            {
                if (SweepLines.NewBest(before, sweep) is { } line) console.WriteLine(line);
                before = sweep;
                var lines = SweepScreen.Lines(sweep, console.Profile.Width, console.Profile.Height);
                live.UpdateTarget(new Rows(lines.Select(text => new Text(text))));
                live.Refresh();
            }
        });
    }
}
