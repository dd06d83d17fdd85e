using System.Diagnostics;
using OrleansTransfer.Cli.Models;
using OrleansTransfer.Cli.Runs;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.Quickstart;

/// <summary>The whole way on drawn leaves: pretrain, transfer, compare with training from scratch, predict.</summary>
/// <param name="plan">How much of everything.</param>
/// <param name="connection">A local state folder, in which everything ends up.</param>
/// <param name="output">Where to tell of it.</param>
internal sealed class QuickstartJourney(QuickstartPlan plan, Connection connection, Output output)
{
    private const int SheetRows = 4, SheetColumns = 6;

    private readonly string _folder = Path.Combine(connection.State, "quickstart", $"seed-{plan.Seed}");

    /// <summary>Goes all the way.</summary>
    /// <exception cref="CliException">A run failed.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; the run under way was cancelled.</exception>
    public async Task<QuickstartResult> RunAsync(CancellationToken interrupted)
    {
        var started = Stopwatch.GetTimestamp();
        output.Say(QuickstartStory.Opening(plan));
        var tasks = Draw(interrupted);

        ExperimentSnapshot source, transfer, scratch;
        await using (var session = await ClusterSession.OpenAsync(connection with { Devices = $"cpu:{plan.Workers}" }, interrupted))
        {
            output.Say(QuickstartStory.Pretraining(plan));
            source = await TrainAsync(session, QuickstartRecipes.Pretrain(plan, tasks), interrupted);
            output.Say(QuickstartStory.Transferring(plan));
            var weights = Path.Combine(source.Bundle!, BundleFormat.Model);
            transfer = await TrainAsync(session, QuickstartRecipes.Transfer(plan, tasks, weights), interrupted);
            output.Say(QuickstartStory.FromScratch(plan));
            scratch = await TrainAsync(session, QuickstartRecipes.Scratch(plan, tasks), interrupted);
        }

        output.Say(QuickstartStory.Judging(plan));
        var predictions = Path.Combine(_folder, BundleFormat.Predictions);
        using var transferred = await TrainedModel.LoadAsync(transfer.Bundle!, interrupted);
        using var fromScratch = await TrainedModel.LoadAsync(scratch.Bundle!, interrupted);
        var report = Judge(transferred, tasks, interrupted);
        DrawSheet(transferred, tasks, predictions, interrupted);
        var result = new QuickstartResult(
            0,
            plan.Workers,
            plan.Seed,
            new(source.Id, source.Metrics["accuracy"], source.Seconds),
            TargetResult.Of(transfer.Id, report, transfer.Seconds),
            TargetResult.Of(scratch.Id, Judge(fromScratch, tasks, interrupted), scratch.Seconds),
            report.Labels,
            report.Confusion,
            transfer.Bundle!,
            predictions,
            Path.Combine(transfer.Bundle!, BundleFormat.Report));
        result = result with { Seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1) };

        output.Say(QuickstartStory.Table(result));
        output.Say("");
        output.Say(QuickstartStory.Verdict(result));
        output.Say(QuickstartStory.Confusion(report));
        output.Say(QuickstartEnding.Text(plan, result, source, tasks, connection.Suffix));
        return result;
    }

    private LeafTasks Draw(CancellationToken interrupted)
    {
        output.Say(QuickstartStory.Drawing(plan));
        var started = Stopwatch.GetTimestamp();
        var (tasks, drawn) = LeafTasks.Prepare(_folder, plan, interrupted);
        var how = drawn ? $"drawn in {QuickstartStory.Seconds(Stopwatch.GetElapsedTime(started).TotalSeconds)}" : "found there from an earlier time";
        output.Say($"   They are in {ShellPath.Of(_folder)}, {how}.");
        return tasks;
    }

    private async Task<ExperimentSnapshot> TrainAsync(ClusterSession session, Recipe recipe, CancellationToken interrupted)
    {
        var experiment = await session.Api.SubmitAsync(recipe, interrupted);
        var end = await new RunFollower(session, output, new QuickstartRunView(output)).FollowAsync(experiment, from: 1, interrupted);
        if (end.Kind == RunEndKind.Cancelled) throw new OperationCanceledException(interrupted);
        var ended = end.Experiment;
        if (ended.State != ExperimentState.Completed)
            throw new CliException($"{ended.Id} did not finish; it is {ended.State}: {ended.Reason ?? "no reason was given"}", ExitCodes.Failed);

        output.Say(QuickstartStory.Trained(ended));
        return ended;
    }

    private static ClassificationReport Judge(TrainedModel model, LeafTasks tasks, CancellationToken interrupted) =>
        LabelledSamples.Read(model, tasks.Test, interrupted).Judge(model, interrupted);

    // The first pictures of each label, whatever the network makes of them.
    private static void DrawSheet(TrainedModel model, LeafTasks tasks, string file, CancellationToken interrupted)
    {
        var test = LabelledSamples.ScanPictures(tasks.Test, model.Labels, interrupted);
        var perLabel = SheetRows * SheetColumns / model.Labels.Count;
        var shown = test.Samples.GroupBy(sample => sample.Label).SelectMany(label => label.Take(perLabel)).ToList();
        var predictions = new Predictor(model.Network, model.Preprocessing, model.Labels)
            .Predict([.. shown.Select(sample => Path.Combine(test.Root, sample.Path))], top: 1, interrupted);
        var entries = predictions.Zip(shown, (prediction, sample) => new SheetEntry(prediction.Path, prediction.Top[0], model.Labels[sample.Label]));
        File.WriteAllBytes(file, PredictionSheet.Draw([.. entries], SheetColumns));
    }
}
