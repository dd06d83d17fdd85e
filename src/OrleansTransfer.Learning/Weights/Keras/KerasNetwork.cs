namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>A network that Keras publishes weights of, recognised by the names of its layers.</summary>
/// <param name="Name">What Keras calls it.</param>
/// <param name="Backbones">What it is called here; where it cannot be loaded, the networks nearest to it.</param>
/// <param name="Difference">
/// What it computes otherwise than those, as a clause about it; null where it is the same and its weights can be loaded. A constant in batch
/// normalisation or a missing scale could be made up for in the weights. Where a filter is laid onto the picture cannot.
/// </param>
internal sealed record KerasNetwork(string Name, IReadOnlyList<string> Backbones, string? Difference)
{
    private const int InceptionConvolutions = 94;

    private static readonly KerasNetwork s_vgg16 = new("VGG16", ["vgg16"], null);
    private static readonly KerasNetwork s_vgg19 = new("VGG19", ["vgg19"], null);

    private static readonly KerasNetwork s_xception = new("Xception", ["legacy_xception"],
        "pools a map of even size from its first pixel on, and legacy_xception from one pixel before it");

    private static readonly KerasNetwork s_inception = new("InceptionV3", ["inception_v3"],
        "leaves the border out of averages, and inception_v3 counts it as zeros");

    private static readonly KerasNetwork s_mobileNet = new("MobileNet",
        ["mobilenetv1_100", "mobilenetv1_075", "mobilenetv1_050", "mobilenetv1_025"], Padding("mobilenetv1"));

    private static readonly KerasNetwork s_mobileNetV2 = new("MobileNetV2", ["mobilenet_v2"], Padding("mobilenet_v2"));

    private static readonly KerasNetwork s_mobileNetV3 = new("MobileNetV3", ["mobilenet_v3_large", "mobilenet_v3_small"], Padding("mobilenet_v3"));

    private static readonly KerasNetwork s_resNet50 = ResNet(50), s_resNet101 = ResNet(101), s_resNet152 = ResNet(152);

    /// <summary>The network of the layers; null for one that is not known here.</summary>
    public static KerasNetwork? Of(KerasLayers layers)
    {
        if (layers.HasAll("block1_conv1", "block2_sepconv1")) return s_xception;
        if (layers.HasAll("block1_conv1", "block5_conv4")) return s_vgg19;
        if (layers.HasAll("block1_conv1", "block5_conv3")) return s_vgg16;
        if (layers.HasAll("conv_dw_1", "conv_pw_13")) return s_mobileNet;
        if (layers.HasAll("expanded_conv_depthwise", "block_1_expand")) return s_mobileNetV2;
        if (layers.Any("expanded_conv")) return s_mobileNetV3;
        if (layers.Has("res5c_branch2c")) return s_resNet50;
        // The second version normalises before a block, and has nothing to do so after the first convolution.
        if (layers.HasAll("conv1_bn", "conv5_block3_3_conv"))
            return layers.Has("conv4_block36_3_conv") ? s_resNet152 : layers.Has("conv4_block23_3_conv") ? s_resNet101 : s_resNet50;
        // Its convolutions have only numbers for names, which go on from those of networks made before it.
        return layers.Count("conv2d") == InceptionConvolutions && layers.Count("batch_normalization") == InceptionConvolutions ? s_inception : null;
    }

    private static KerasNetwork ResNet(int layers) => new($"ResNet{layers}", [$"resnet{layers}"],
        $"halves the picture in the first convolution of a block, and resnet{layers} in the second");

    private static string Padding(string here) => $"pads strided convolutions at the bottom and right only, and {here} on all sides";
}
