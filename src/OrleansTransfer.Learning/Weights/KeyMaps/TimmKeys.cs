using OrleansTransfer.Learning.Models;

namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>timm's names for the networks that have torchvision's names here.</summary>
internal static class TimmKeys
{
    /// <summary>The library, as catalogues and messages call it.</summary>
    public const string Library = "timm";

    private const string InceptionRemark =
        "timm's inception_v3 takes pictures normalised with mean 0.5 and std 0.5; the network here makes that of its own input.";

    private const string VggRemark = "For pictures other than 224 pixels, timm's VGG averages after its wide layers and not before them.";

    private const string NormRemark =
        "timm's MobileNetV3 adds 1e-5 to variances, and torchvision's 1e-3: the scales make up for it in evaluation. " +
        "The tf_ variants are other networks with the same keys.";

    /// <summary>The map of a network; null where its names here are timm's already, or timm does not have it.</summary>
    public static KeyMap? Of(Classifier model) => model switch
    {
        Vgg => new(Library, model, VggTimmKeys.Modules) { Model = model.Architecture, Remarks = [VggRemark] },
        MobileNetV2 => new(Library, model, MobileNetV2TimmKeys.Modules) { Model = "mobilenetv2_100" },
        MobileNetV3 => new(Library, model, MobileNetV3TimmKeys.Modules(model))
        {
            Model = $"{model.Architecture.Replace("mobilenet_v3", "mobilenetv3", StringComparison.Ordinal)}_100",
            Remarks = [NormRemark],
        },

        // Named alike. timm's Inception has no auxiliary classifier.
        ResNet => new(Library, model, []) { Model = model.Architecture },
        InceptionV3 => new(Library, model, []) { Model = model.Architecture, Remarks = [InceptionRemark] },
        _ => null,
    };
}
