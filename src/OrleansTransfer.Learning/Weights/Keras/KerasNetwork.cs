namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>A network that Keras publishes weights of, known by the names of its layers.</summary>
/// <param name="Name">What it is called here, or by Keras where it is not here.</param>
/// <param name="Difference">Why the network here computes something else, as a sentence's second half; null where it computes the same.</param>
internal sealed record KerasNetwork(string Name, string? Difference = null)
{
    /// <summary>The network whose layers <paramref name="file"/> has; null where it is none of these.</summary>
    public static KerasNetwork? Of(KerasFile file)
    {
        HashSet<string> layers = new(file.Layers, StringComparer.Ordinal);
        bool Has(params string[] names) => names.Any(layers.Contains);
        int Count(string prefix) => layers.Count(layer => layer.StartsWith(prefix, StringComparison.Ordinal));

        if (Has("block2_sepconv1", "block14_sepconv2"))
        {
            return new("xception",
                "its pooling pads at the bottom and right only where the size is odd, and it normalises with 1e-3 in place of 1e-5");
        }
        if (Has("res2a_branch2a", "conv2_block1_1_conv", "conv2_block1_preact_bn"))
            return new("resnet", "a bottleneck takes its stride in its first convolution, not in its 3x3 one");
        if (Has("expanded_conv/depthwise", "expanded_conv_squeeze_excite_conv", "expanded_conv/squeeze_excite/Conv"))
            return new("mobilenetv3", "its strided convolutions pad at the bottom and right only, not on all sides");
        if (Has("Conv_1", "block_1_expand", "mobl2_conv_1"))
            return new("mobilenetv2", "its strided convolutions pad at the bottom and right only, not on all sides");
        if (Has("conv_dw_1", "conv_pw_1"))
            return new("mobilenet", "its strided convolutions pad at the bottom and right only, not on all sides");
        if (Count("conv2d") >= 90 && Count("batch_normalization") >= 90)
            return new("inception_v3", "its average pooling leaves the padding out of the mean");

        var convolutions = layers.Where(IsVggConvolution).ToList();
        return convolutions.Count switch
        {
            13 when !Has("block3_conv4") => new("vgg16"),
            16 when Has("block3_conv4") => new("vgg19"),
            _ => null,
        };
    }

    /// <summary>Whether a layer is a convolution of VGG: <c>block1_conv1</c> to <c>block5_conv4</c>.</summary>
    public static bool IsVggConvolution(string layer) =>
        layer is ['b', 'l', 'o', 'c', 'k', >= '1' and <= '5', '_', 'c', 'o', 'n', 'v', >= '1' and <= '4'];
}
