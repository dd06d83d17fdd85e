using System.Globalization;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Arguments of <c>otx train</c> for runs of seconds.</summary>
internal static class Training
{
    /// <summary>
    /// Surroundings in which every device computes on one thread, however many devices its node has and cores the machine: sums within an operation
    /// then have the same bits.
    /// </summary>
    public static IReadOnlyDictionary<string, string> OneThread { get; } = new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = "1" };

    /// <summary>A small network without batch normalisation, from scratch, on the drawn leaves.</summary>
    public static IReadOnlyList<string> SqueezeNet(DrawnLeaves leaves, int epochs, int batchSize = 12) =>
        Arguments(leaves, "squeezenet1_1", epochs, batchSize);

    /// <summary>A small network with batch normalisation and everything random that a run can have: dropout, augmentation, warm-up.</summary>
    public static IReadOnlyList<string> ResNet(DrawnLeaves leaves, int epochs, int batchSize) =>
    [
        .. Arguments(leaves, "resnet18", epochs, batchSize),
        "--set", "transfer.batchNorm=trainable",
        "--set", "model.head.dropout=0.2",
        "--set", "training.optimizer.type=adamw",
        "--set", "training.schedule=one-cycle",
        "--set", "data.augment=standard",
    ];

    private static IReadOnlyList<string> Arguments(DrawnLeaves leaves, string backbone, int epochs, int batchSize) =>
    [
        "train", leaves.Train,
        "--backbone", backbone,
        "--weights", "none",
        "--epochs", epochs.ToString(CultureInfo.InvariantCulture),
        "--batch-size", batchSize.ToString(CultureInfo.InvariantCulture),
        "--set", $"model.inputSize={DrawnLeaves.Size}",
        "--set", $"data.validation={leaves.Test}",
        "-o", "json",
    ];
}
