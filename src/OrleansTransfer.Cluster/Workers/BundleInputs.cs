using OrleansTransfer.Learning.Data;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>What a bundle says of pictures, in the learning library's terms.</summary>
public static class BundleInputs
{
    /// <summary>What pictures go through; null for a model of other inputs, or of inputs that this version cannot prepare.</summary>
    public static Preprocessing? PreprocessingOf(BundleDescription bundle)
    {
        if (bundle.Preprocessing is not { } input || !Enum.TryParse<Interpolation>(input.Interpolation, ignoreCase: true, out var interpolation)
            || !Enum.TryParse<ChannelOrder>(input.Channels, ignoreCase: true, out var channels)) return null;
        return new(
            input.Resize, input.Crop, interpolation, [.. input.Mean.Select(mean => (float)mean)], [.. input.Std.Select(std => (float)std)],
            channels, input.Scale);
    }
}
