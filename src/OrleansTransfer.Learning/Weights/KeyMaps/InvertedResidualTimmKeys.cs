namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>timm's names inside an inverted residual block, by which its MobileNets agree, and how it numbers blocks: stage by stage.</summary>
internal static class InvertedResidualTimmKeys
{
    // A block without expansion is another kind of block to timm, whose second convolution is the pointwise one.
    private static readonly (string Convolution, string Norm)[] s_plain = [("conv_dw", "bn1"), ("conv_pw", "bn2")];
    private static readonly (string Convolution, string Norm)[] s_expanding = [("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")];

    /// <summary>The prefixes <c>blocks.s.b</c> of all blocks in order.</summary>
    /// <param name="repeats">Blocks in each stage.</param>
    public static IEnumerable<string> Prefixes(params IEnumerable<int> repeats) =>
        repeats.SelectMany((count, stage) => Enumerable.Range(0, count).Select(block => $"blocks.{stage}.{block}"));

    /// <summary>The convolutions of a block and their norms.</summary>
    /// <param name="theirs">The block's prefix in timm.</param>
    /// <param name="epsilons">Of the norms, where they differ.</param>
    /// <param name="ours">Names of each convolution and its norm, in order: two, or three where the block expands.</param>
    public static IEnumerable<ModulePair> Block(string theirs, NormEpsilons? epsilons, IReadOnlyList<(string Convolution, string Norm)> ours) =>
        ours.Zip(ours.Count == s_plain.Length ? s_plain : s_expanding).SelectMany(pair => (ModulePair[])
        [
            new(pair.First.Convolution, $"{theirs}.{pair.Second.Convolution}"),
            new(pair.First.Norm, $"{theirs}.{pair.Second.Norm}") { Epsilons = epsilons },
        ]);
}
