using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Weights.Catalogue;

/// <summary>
/// torchvision's ImageNet weights. The digits in a file's name begin its SHA-256. Accuracies are those of torchvision's documentation. Where there
/// are two generations, the second was trained with a newer recipe and is evaluated after resizing to 232 pixels.
/// </summary>
internal static class TorchvisionWeights
{
    private const string FirstGeneration = "imagenet1k_v1", SecondGeneration = "imagenet1k_v2";

    private static readonly Preprocessing s_second = Preprocessing.ImageNet with { Resize = 232 };

    private static readonly Preprocessing s_inception = Preprocessing.ImageNet with { Resize = 342, Crop = 299 };

    public static IEnumerable<WeightEntry> All =>
    [
        First("vgg16", "397923af", 71.592),
        First("vgg16_bn", "6c64b313", 73.360),
        First("vgg19", "dcbb9e9d", 72.376),
        First("vgg19_bn", "c79401a0", 74.218),
        First("resnet18", "f37072fd", 69.758),
        First("resnet34", "b627a593", 73.314),
        First("resnet50", "0676ba61", 76.130),
        Second("resnet50", "11ad3fa6", 80.858),
        First("resnet101", "63fe2227", 77.374),
        Second("resnet101", "cd907fc2", 81.886),
        First("resnet152", "394f9c45", 78.312),
        Second("resnet152", "f82ba261", 82.284),
        Entry("inception_v3", FirstGeneration, "inception_v3_google-0cc3c7bd",
            "0cc3c7bd75056d25e46cba549dc184522069b81e9787eff6df84f397bd52a5ef", 77.294, s_inception),
        First("mobilenet_v2", "b0353104", 71.878),
        Second("mobilenet_v2", "7ebf99e0", 72.154),
        First("mobilenet_v3_small", "047dcff4", 67.668),
        First("mobilenet_v3_large", "8738ca79", 74.042),
        Second("mobilenet_v3_large", "5c1a4163", 75.274),
        First("squeezenet1_0", "b66bff10", 58.092),
        First("squeezenet1_1", "b8a52dc0", 58.178),
    ];

    private static WeightEntry First(string backbone, string digits, double top1) =>
        Entry(backbone, FirstGeneration, $"{backbone}-{digits}", digits, top1, Preprocessing.ImageNet);

    private static WeightEntry Second(string backbone, string digits, double top1) =>
        Entry(backbone, SecondGeneration, $"{backbone}-{digits}", digits, top1, s_second);

    private static WeightEntry Entry(string backbone, string tag, string file, string digits, double top1, Preprocessing preprocessing) => new(
        new(backbone, tag), new($"https://download.pytorch.org/models/{file}.pth"), WeightChecksum.Sha256(digits), WeightFormat.PyTorch,
        WeightCatalogue.ImageNet, "BSD-3-Clause", top1, preprocessing);
}
