using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Tests.Training;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Transfer.Adaptation;

/// <summary>
/// Small runs of adaptation methods: on coloured noise, where the target is the source in another light, and on texts for methods that know of words.
/// </summary>
internal static class TwoDomains
{
    public const int Classes = 3;

    public static AdaptationContext Context(double confidence = 0.5) => new(Classes, FeatureWidth: 16, Weight: 1, confidence, Seed: 5);

    public static AdaptationContext Context(IAdaptationMethod method, Classifier model) => Context() with
    {
        Texts = method.KnowsWords ? new((WordVectorClassifier)model, TwoLanguages.TargetIds) : null,
    };

    public static TrainingPlan Plan(
        IAdaptationMethod method, int? epochs = null, BatchNormPolicy policy = BatchNormPolicy.Synchronized, string validator = "im") =>
        new(
            "small", Classes, 0,
            method.Plan(
                new(epochs ?? (method.KnowsWords ? 3 : 2), "all", 1e-2, 1), method.KnowsWords ? TwoLanguages.Stages : ["layer1", "layer2"]),
            policy, OptimizerKind.AdamW, 0, ScheduleKind.Constant, 3)
        {
            Validator = method.KnowsWords ? "last" : validator,
        };

    public static Classifier Model(IAdaptationMethod method, int seed = 1) =>
        method.KnowsWords ? TwoLanguages.Model(seed) : SmallNetwork.Create(seed: seed, classes: Classes);

    public static TrainingData Data(IAdaptationMethod method, IGradientExchange exchange, int stepsPerEpoch = 4) =>
        method.KnowsWords ? TwoLanguages.Data(exchange, stepsPerEpoch) : Data(exchange, stepsPerEpoch);

    public static TrainingData Data(IGradientExchange exchange, int stepsPerEpoch = 4, int sourceBatch = 12, int targetBatch = 10)
    {
        IBatchStream Source(int steps, int batch, long seed) => new SyntheticStream(steps, batch, exchange.Rank, exchange.WorldSize, seed: seed);
        IBatchStream Target(int steps, int batch, long seed) => new OtherLight(Source(steps, batch, seed));
        return new(
            new Dictionary<string, IBatchStream>
            {
                [TrainingData.Train] = Source(stepsPerEpoch, sourceBatch, 7),
                [TrainingData.Target] = Target(3, targetBatch, 11),
                [TrainingData.TargetStrong] = Target(3, targetBatch, 11),
            },
            Source(3, 10, 99),
            ["a", "b", "c"])
        {
            TargetSamples = new(Source(2, 10, 98), Target(4, 10, 11), Target(4, 25, 12)),
        };
    }

    /// <summary>Runs a method on one rank of a group.</summary>
    public static (RecordingObserver Observer, TrainingResult Result, SortedDictionary<string, string> Hashes) Train(
        IAdaptationMethod method, IGradientExchange exchange, CancellationToken cancellationToken, TrainingPlan? plan = null, TrainingData? data = null,
        Action<StepReport>? afterStep = null)
    {
        using var model = Model(method);
        var objective = method.Create(Context(method, model));
        using var companion = objective.Companion;
        using var replica = new Replica(plan ?? Plan(method), model, CPU, companion);
        var observer = new RecordingObserver { AfterStep = afterStep ?? (_ => { }) };
        var result = new TrainingLoop(replica, objective, data ?? Data(method, exchange), exchange, observer).Run(TrainingPosition.Start, cancellationToken)!;
        return (observer, result, Runs.Hashes(model));
    }

    /// <summary>The same pictures, brighter in one colour and of less contrast.</summary>
    private sealed class OtherLight(IBatchStream inner) : IBatchStream
    {
        public int StepsPerEpoch => inner.StepsPerEpoch;

        public Batch Take(int epoch, int step, CancellationToken cancellationToken)
        {
            var batch = inner.Take(epoch, step, cancellationToken);
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var shift = tensor((float[])[0.8f, 0, -0.4f]).view(1, 3, 1, 1);
            TensorArithmetic.Add(batch.Inputs.MultiplyBy(0.7), shift);
            return batch;
        }

        public void Dispose() => inner.Dispose();
    }
}
