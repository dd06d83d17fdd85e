using OrleansTransfer.Learning.Models;

namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>
/// timm's MobileNetV3 of width 1, <c>mobilenetv3_small_100</c> and <c>mobilenetv3_large_100</c>. They add 1e-5 to variances where torchvision's add
/// 1e-3, which the scales make up for. The <c>tf_</c> variants have the same keys and shapes and cannot be told apart by them: they pad as TensorFlow
/// does and add 1e-3, and their weights give other logits here.
/// </summary>
internal static class MobileNetV3TimmKeys
{
    private static readonly NormEpsilons s_epsilons = new(MobileNetV3.NormEpsilon, 1e-5);
    private static readonly int[] s_small = [1, 2, 3, 2, 3], s_large = [1, 2, 3, 4, 2, 3];

    /// <summary>The layers of the small or the large network.</summary>
    public static IReadOnlyList<ModulePair> Modules(Classifier model)
    {
        var repeats = model.Architecture == "mobilenet_v3_small" ? s_small : s_large;
        var keys = model.state_dict().Keys;
        var last = repeats.Sum() + 1;
        return
        [
            new("features.0.0", "conv_stem"), new("features.0.1", "bn1") { Epsilons = s_epsilons },
            .. InvertedResidualTimmKeys.Prefixes(repeats).SelectMany((block, i) => Block(block, $"features.{i + 1}.block", keys)),
            new($"features.{last}.0", $"blocks.{repeats.Length}.0.conv"),
            new($"features.{last}.1", $"blocks.{repeats.Length}.0.bn1") { Epsilons = s_epsilons },
            new("classifier.0", "conv_head") { Kernel = 1 }, new("classifier.3", "classifier"),
        ];
    }

    // Which blocks expand, and which weight their channels, can be seen in the keys.
    private static IEnumerable<ModulePair> Block(string theirs, string ours, ICollection<string> keys)
    {
        List<(string, string)> layers = [];
        for (var i = 0; ; i++)
        {
            var layer = $"{ours}.{i}";
            if (keys.Contains($"{layer}.fc1.weight"))
            {
                yield return new($"{layer}.fc1", $"{theirs}.se.conv_reduce");
                yield return new($"{layer}.fc2", $"{theirs}.se.conv_expand");
            }
            else if (keys.Contains($"{layer}.0.weight")) layers.Add(($"{layer}.0", $"{layer}.1"));
            else break;
        }
        foreach (var module in InvertedResidualTimmKeys.Block(theirs, s_epsilons, layers)) yield return module;
    }
}
