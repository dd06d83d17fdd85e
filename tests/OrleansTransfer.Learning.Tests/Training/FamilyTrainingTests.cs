using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>Each family of networks learns by the loop that trains them all.</summary>
public class FamilyTrainingTests
{
    private const int Steps = 8;

    public static TheoryData<string, double> Families => new()
    {
        { "squeezenet1_1", 5e-4 }, { "mobilenetv1_025", 1e-3 }, { "mobilenet_v2", 1e-3 }, { "mobilenet_v3_small", 1e-3 }, { "resnet18", 1e-3 },
        { "resnet50", 1e-3 }, { "inception_v3", 1e-3 }, { "legacy_xception", 1e-3 }, { "vgg16_bn", 1e-3 },
    };

    [Theory, MemberData(nameof(Families))]
    public void The_loss_falls_within_a_few_steps(string name, double rate)
    {
        var backbone = Backbones.Get(name);
        using var model = backbone.Create(3);
        model.Initialize(1);
        model.ReplaceHead(3, 0, 2);
        // The first half is frozen, as it is in most fine-tuning.
        var stages = model.Stages.Skip(model.Stages.Count / 2).Select(stage => stage.Name).Where(stage => stage != "classifier.0");
        var plan = new TrainingPlan(
            name, 3, 0, [new("fine-tune", 1, [.. stages], rate, 1)], BatchNormPolicy.Trainable, OptimizerKind.AdamW, 0, ScheduleKind.Constant, 5);
        var observer = new RecordingObserver();
        using (var replica = new Replica(plan, model, torch.CPU))
        {
            var size = Math.Max(48, backbone.MinimumInputSize);
            var data = TrainingData.Supervised(new SameBatch(size), new SyntheticStream(1, 2, size: size, seed: 9), ["a", "b", "c"]);
            new TrainingLoop(replica, new SupervisedObjective(), data, new NoExchange(), observer)
                .Run(TrainingPosition.Start, CancellationToken.None);
        }

        var losses = observer.Steps.Select(step => step.Loss).ToList();
        Assert.Equal(Steps, losses.Count);
        Assert.True(losses[^1] < 0.85 * losses[0], $"{name}: {string.Join(' ', losses.Select(loss => $"{loss:F3}"))}.");
    }

    /// <summary>The same coloured noise at every step: what a network that learns at all learns by heart.</summary>
    private sealed class SameBatch(int size) : IBatchStream
    {
        public int StepsPerEpoch => Steps;

        public Batch Take(int epoch, int step, CancellationToken cancellationToken)
        {
            using var stream = new SyntheticStream(1, 9, size: size);
            return stream.Take(0, 0, cancellationToken);
        }

        public void Dispose() { }
    }
}
