using OrleansTransfer.Learning.Tests.Models;

namespace OrleansTransfer.Learning.Tests.Weights.KeyMaps;

/// <summary>What timm 1.0 computes for weights drawn by <see cref="ParityReference"/>'s rule from its own keys.</summary>
internal static class TimmReferences
{
    /// <summary>timm's networks with a reference, and their names here.</summary>
    public static TheoryData<string, string> All => new()
    {
        { "vgg16_bn", "vgg16_bn" },
        { "mobilenetv2_100", "mobilenet_v2" },
        { "mobilenetv3_small_100", "mobilenet_v3_small" },
        { "mobilenetv3_large_100", "mobilenet_v3_large" },
        { "inception_v3", "inception_v3" },
        { "resnet18", "resnet18" },
    };

    public static ParityReference Read(string network) =>
        ParityReference.ReadFile(Path.Combine(AppContext.BaseDirectory, "Weights", "TimmReference", $"{network}.json"));
}
