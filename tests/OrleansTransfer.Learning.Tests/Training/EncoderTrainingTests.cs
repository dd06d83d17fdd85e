using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Tests.Models.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>Text encoders learn by the loop that trains all networks.</summary>
public class EncoderTrainingTests
{
    private const int Steps = 30;

    public static TheoryData<string> Names => SmallEncoders.Names;

    [Theory, MemberData(nameof(Names))]
    public void A_text_encoder_learns(string name)
    {
        using var model = SmallEncoders.CreateInitialized(name);
        model.ReplaceHead(3, 0.1, seed: 2);
        var losses = Train(model, rate: 1e-2);
        Assert.True(losses[^1] < 0.7 * losses[0], string.Join(' ', losses.Select(loss => $"{loss:F3}")));
    }

    [Theory, MemberData(nameof(Names))]
    public void Low_rank_updates_learn_while_the_encoder_stays_as_it_was(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var model = SmallEncoders.CreateInitialized(name);
        model.ReplaceHead(3, 0, seed: 2);
        model.Adapt(new LowRank(4, 8), seed: 3);
        var before = Runs.Hashes(model);
        var losses = Train(model, rate: 2e-2);
        var after = Runs.Hashes(model);

        Assert.True(losses[^1] < 0.9 * losses[0], string.Join(' ', losses.Select(loss => $"{loss:F3}")));
        foreach (var (key, hash) in before)
            Assert.True((hash == after[key]) == !(key.Contains(".lora.", StringComparison.Ordinal) || model.IsHead(key)), key);

        using var noGradient = torch.no_grad();
        using var batch = new SyntheticTexts(1, model.PaddingToken, seed: 11).Take(0, 0, CancellationToken.None);
        model.eval();
        var adapted = model.call(batch.Inputs);
        model.Merge();
        Assert.True((model.call(batch.Inputs) - adapted).abs().max().ToSingle() < 1e-4);
    }

    private static List<double> Train(TextEncoder model, double rate)
    {
        var all = new Phase("fine-tune", 1, [.. model.Stages.Select(stage => stage.Name)], rate, 1);
        var plan = new TrainingPlan(model.Architecture, 3, 0, [all], BatchNormPolicy.Frozen, OptimizerKind.AdamW, 0, ScheduleKind.OneCycle, 5);
        var observer = new RecordingObserver();
        // Tensors this small are not worth more than one core, and a thread of one's own is needed to say so.
        var training = Task.Factory.StartNew(
            () =>
            {
                ComputeThread.Configure(1);
                using var replica = new Replica(plan, model, torch.CPU);
                var data = TrainingData.Supervised(
                    new SyntheticTexts(Steps, model.PaddingToken), new SyntheticTexts(1, model.PaddingToken, seed: 9), ["a", "b", "c"]);
                new TrainingLoop(replica, new SupervisedObjective(), data, new NoExchange(), observer)
                    .Run(TrainingPosition.Start, CancellationToken.None);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        training.GetAwaiter().GetResult();
        return [.. observer.Steps.Select(step => step.Loss)];
    }
}
