using System.Security.Cryptography;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests.Training;

/// <summary>Shorthands for small runs.</summary>
internal static class Runs
{
    public static readonly Phase Probe = new("linear-probe", 1, [], 1e-2, 0.1);

    public static readonly Phase FineTune = new("fine-tune", 1, ["layer1", "layer2"], 1e-2, 0.1);

    public static TrainingPlan Plan(
        OptimizerKind optimizer = OptimizerKind.AdamW, BatchNormPolicy batchNorm = BatchNormPolicy.Frozen, params Phase[] phases) =>
        new("small", 3, 0, phases.Length == 0 ? [FineTune] : phases, batchNorm, optimizer, 0.01, ScheduleKind.OneCycle, 42);

    public static TrainingLoop Loop(
        Replica replica,
        int stepsPerEpoch,
        ITrainingObserver observer,
        IGradientExchange? exchange = null,
        int globalBatch = 12,
        ExchangeSettings? settings = null)
    {
        exchange ??= new NoExchange();
        return new(replica, new SupervisedObjective(), TrainingData.Supervised(
            new SyntheticStream(stepsPerEpoch, globalBatch, exchange.Rank, exchange.WorldSize),
            new SyntheticStream(3, 10, exchange.Rank, exchange.WorldSize, seed: 99), ["a", "b", "c"]), exchange, observer, settings);
    }

    /// <summary>SHA-256 of each tensor of the model, by key.</summary>
    public static SortedDictionary<string, string> Hashes(Classifier model)
    {
        using var scope = torch.NewDisposeScope();
        return new(model.state_dict().ToDictionary(entry => entry.Key, entry => Hash(entry.Value)));
    }

    /// <summary>SHA-256 of all tensors of a checkpoint, optimizer included.</summary>
    public static SortedDictionary<string, string> Hashes(ReplicaCheckpoint checkpoint) => new(
        checkpoint.Model.Concat(checkpoint.Optimizer).ToDictionary(entry => entry.Key, entry => Hash(entry.Value)));

    private static string Hash(torch.Tensor tensor) => Convert.ToHexString(SHA256.HashData(tensor.contiguous().bytes));
}
