namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>
/// timm's VGG: the linear layers before the head are convolutions over the map of 7x7. At 224 pixels both compute the same; for a larger picture timm
/// slides them over the map and averages what comes out, where torchvision first averages the map down to 7x7.
/// </summary>
internal static class VggTimmKeys
{
    public static IReadOnlyList<ModulePair> Modules { get; } =
    [
        new("classifier.0", "pre_logits.fc1") { Kernel = 7 }, new("classifier.3", "pre_logits.fc2") { Kernel = 1 }, new("classifier.6", "head.fc"),
    ];
}
