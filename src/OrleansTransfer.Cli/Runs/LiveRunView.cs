using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;
using Spectre.Console;

namespace OrleansTransfer.Cli.Runs;

/// <summary>A moving line with epoch, step, loss and speed, and above it one line per epoch and change.</summary>
internal sealed class LiveRunView(Output output) : IRunView
{
    /// <inheritdoc/>
    public Task ShowAsync(ExperimentSnapshot experiment, IAsyncEnumerable<ExperimentEvent> events, CancellationToken cancellationToken)
    {
        var console = output.ErrorConsole;
        return console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask(experiment.State.ToString(), maxValue: Math.Max(1, experiment.TotalSteps));
                var accuracy = "-";
                await foreach (var item in events.WithCancellation(cancellationToken))
                {
                    if (item.Step > 0) bar.Value = item.Step;
                    if (item.Kind == "epoch") accuracy = Figures.Metric(item.Values, "accuracy");
                    if (item.Kind == "step") bar.Description = Markup.Escape(Step(experiment, item, accuracy));
                    if (RunLines.Of(experiment, item) is { } line) console.WriteLine(line);
                }
            });
    }

    private static string Step(ExperimentSnapshot experiment, ExperimentEvent item, string accuracy)
    {
        var speed = item.Values is not null && item.Values.TryGetValue("samplesPerSecond", out var value) ? Figures.Short(value) : "-";
        return $"epoch {item.Epoch}/{experiment.Recipe.Training.Epochs}  step {item.Step}/{experiment.TotalSteps}  " +
            $"loss {Figures.Metric(item.Values, "loss")}  {speed} samples/s  accuracy {accuracy}";
    }
}
