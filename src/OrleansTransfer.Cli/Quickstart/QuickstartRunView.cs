using OrleansTransfer.Cli.Runs;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;
using Spectre.Console;

namespace OrleansTransfer.Cli.Quickstart;

/// <summary>
/// A run as part of a longer story: a moving bar on a terminal, a handful of lines anywhere else. How the group of workers comes together is left
/// out.
/// </summary>
internal sealed class QuickstartRunView(Output output) : IRunView
{
    private const int MostLines = 6;

    /// <summary>Whether enough pictures validate for a share of them to mean something.</summary>
    public static bool ShowsAccuracy(ExperimentSnapshot experiment) => experiment.ValidationSamples >= 50;

    /// <inheritdoc/>
    public Task ShowAsync(ExperimentSnapshot experiment, IAsyncEnumerable<ExperimentEvent> events, CancellationToken cancellationToken) =>
        output.Live ? MoveAsync(experiment, events, cancellationToken) : WriteAsync(experiment, events, cancellationToken);

    private Task MoveAsync(ExperimentSnapshot experiment, IAsyncEnumerable<ExperimentEvent> events, CancellationToken cancellationToken) =>
        output.ErrorConsole.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 }, new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("   starting", maxValue: Math.Max(1, experiment.TotalSteps));
                await foreach (var item in events.WithCancellation(cancellationToken))
                {
                    if (item.Step > 0) bar.Value = item.Step;
                    if (item.Kind != "step") continue;
                    bar.Description = Markup.Escape($"   {Position(experiment, item)}  loss {Figures.Metric(item.Values, "loss")}");
                }
            });

    private async Task WriteAsync(ExperimentSnapshot experiment, IAsyncEnumerable<ExperimentEvent> events, CancellationToken cancellationToken)
    {
        var epochs = experiment.Recipe.Training.Epochs;
        var every = (epochs + MostLines - 1) / MostLines;
        await foreach (var item in events.WithCancellation(cancellationToken))
        {
            if (item.Kind != "epoch" || (item.Epoch % every != 0 && item.Epoch != epochs)) continue;
            var accuracy = ShowsAccuracy(experiment) ? $"  validation accuracy {Figures.Metric(item.Values, "accuracy")}" : "";
            output.Note($"     {Position(experiment, item)}  training loss {Figures.Metric(item.Values, "trainingLoss")}{accuracy}");
        }
    }

    private static string Position(ExperimentSnapshot experiment, ExperimentEvent item)
    {
        var epochs = $"{experiment.Recipe.Training.Epochs}";
        return $"epoch {$"{item.Epoch}".PadLeft(epochs.Length)}/{epochs}";
    }
}
