namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>timm's MobileNetV2 of width 1, <c>mobilenetv2_100</c>.</summary>
internal static class MobileNetV2TimmKeys
{
    public static IReadOnlyList<ModulePair> Modules { get; } =
    [
        new("features.0.0", "conv_stem"), new("features.0.1", "bn1"),
        .. InvertedResidualTimmKeys.Prefixes(1, 2, 3, 4, 3, 3, 1).SelectMany((block, i) =>
            InvertedResidualTimmKeys.Block(block, epsilons: null, Layers($"features.{i + 1}.conv", expands: i > 0))),
        new("features.18.0", "conv_head"), new("features.18.1", "bn2"), new("classifier.1", "classifier"),
    ];

    // Convolutions with an activation are a sequence within the block's sequence; the last one is not.
    private static IReadOnlyList<(string, string)> Layers(string block, bool expands) => expands
        ? [($"{block}.0.0", $"{block}.0.1"), ($"{block}.1.0", $"{block}.1.1"), ($"{block}.2", $"{block}.3")]
        : [($"{block}.0.0", $"{block}.0.1"), ($"{block}.1", $"{block}.2")];
}
