using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>What the words of <c>data.augment</c> mean for texts: which share of the words is left out.</summary>
internal static class TextVariation
{
    /// <summary>A tenth for <c>standard</c>, three tenths for the strong variation that some methods ask for, none otherwise.</summary>
    public static double WordDropout(AugmentKind kind) => kind switch
    {
        AugmentKind.Strong or AugmentKind.StrongFlip => 0.3,
        AugmentKind.Standard => 0.1,
        _ => 0,
    };
}
