using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Weights.Catalogue;

/// <summary>
/// ImageNet weights of timm (pytorch-image-models). Its model hub publishes no checksum beside a file; its server names the SHA-256 when the file is
/// asked for. Accuracies and preprocessing are those of timm's own evaluation; the resized side is floor(crop / crop_pct). The
/// <c>tf_</c> variants of MobileNetV3 are not among them: they pad as TensorFlow does, which the network here does not.
/// </summary>
internal static class TimmWeights
{
    private static readonly IReadOnlyList<float> s_half = [0.5f, 0.5f, 0.5f];
    private static readonly Preprocessing s_resnet = Bicubic(235, 224);

    // The network here, as torchvision's, undoes ImageNet's normalisation and maps to -1..1, which is what these weights were trained on.
    private static readonly Preprocessing s_inception = Bicubic(341, 299);

    // These were trained on ImageNet's normalisation, (x - m) / s. What the network makes of (x - mean) / std is that again when
    // mean = m + s (2 m - 1) and std = 2 s^2.
    private static readonly Preprocessing s_gluon = Bicubic(341, 299) with
    {
        Mean = [0.47813f, 0.436288f, 0.3637f],
        Std = [0.104882f, 0.100352f, 0.10125f],
    };

    private static readonly Preprocessing s_xception = Bicubic(333, 299) with { Mean = s_half, Std = s_half };

    public static IEnumerable<WeightEntry> All =>
    [
        OnHub("resnet18", "resnet18", "a1_in1k", 71.50, s_resnet),
        OnHub("resnet34", "resnet34", "a1_in1k", 76.42, s_resnet),
        OnHub("resnet50", "resnet50", "a1_in1k", 80.38, s_resnet),
        OnHub("resnet101", "resnet101", "a1h_in1k", 81.95, s_resnet),
        OnHub("resnet152", "resnet152", "a1h_in1k", 82.82, s_resnet),
        OnHub("inception_v3", "inception_v3", "tf_in1k", 77.87, s_inception),
        OnHub("inception_v3", "inception_v3", "tf_adv_in1k", 77.60, s_inception),
        OnHub("inception_v3", "inception_v3", "gluon_in1k", 78.81, s_gluon),
        // Nine digits, not eight: the same weights as on the hub, with a published checksum.
        new(new("legacy_xception", "cadene"),
            new("https://github.com/huggingface/pytorch-image-models/releases/download/v0.1-cadene/xception-43020ad28.pth"),
            WeightChecksum.Sha256("43020ad28"), WeightFormat.PyTorch, WeightCatalogue.ImageNet, Licence, 79.058, s_xception),
        OnHub("legacy_xception", "legacy_xception", "tf_in1k", 79.058, s_xception),
        OnHub("mobilenetv1_100", "mobilenetv1_100", "ra4_e3600_r224_in1k", 75.39, Bicubic(256, 224) with { Mean = s_half, Std = s_half }),
        OnHub("mobilenet_v2", "mobilenetv2_100", "ra_in1k", 72.91, Bicubic(256, 224)),
        OnHub("mobilenet_v3_small", "mobilenetv3_small_100", "lamb_in1k", 67.64, Bicubic(256, 224)),
        OnHub("mobilenet_v3_large", "mobilenetv3_large_100", "ra_in1k", 75.78, Bicubic(256, 224)),
        OnHub("mobilenet_v3_large", "mobilenetv3_large_100", "ra4_e3600_r224_in1k", 76.31, Bicubic(235, 224) with { Mean = s_half, Std = s_half }),
    ];

    private const string Licence = "Apache-2.0";

    private static Preprocessing Bicubic(int resize, int crop) =>
        Preprocessing.ImageNet with { Resize = resize, Crop = crop, Interpolation = Interpolation.Bicubic };

    private static WeightEntry OnHub(string backbone, string model, string tag, double top1, Preprocessing preprocessing) => new(
        new(backbone, tag), new($"https://huggingface.co/timm/{model}.{tag}/resolve/main/model.safetensors"), WeightChecksum.None,
        WeightFormat.Safetensors, WeightCatalogue.ImageNet, Licence, top1, preprocessing);
}
