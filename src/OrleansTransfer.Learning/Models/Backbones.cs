using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Models;

/// <summary>The catalogue of architectures that a recipe can name. Each line is held to its origin by a parity test.</summary>
public static class Backbones
{
    // Below this, in pixels, the last layer of a network that halves its input five times sees less than one pixel.
    private const int FiveHalvings = 32;

    /// <summary>Library of networks that have their origin here.</summary>
    public const string OwnLibrary = "own";

    private static readonly float[] s_half = [0.5f, 0.5f, 0.5f];
    private static readonly Preprocessing s_timmMobileNet = new(256, 224, Interpolation.Bicubic, s_half, s_half);

    /// <summary>Every backbone, by family and then by size.</summary>
    public static IReadOnlyList<Backbone> All { get; } =
    [
        new("lenet", OwnLibrary, new(927_070, 2_788_000, 3), 28, new(28, 28, Interpolation.Bilinear, s_half, s_half), classes => new LeNet(classes)),
        Torchvision("squeezenet1_0", new(1_248_424, 818_924_576, 9), 21, SqueezeNet.Version10),
        Torchvision("squeezenet1_1", new(1_235_496, 349_151_936, 9), 17, SqueezeNet.Version11),
        MobileNetV1("mobilenetv1_025", new(470_072, 41_030_272, 6), 0.25),
        MobileNetV1("mobilenetv1_050", new(1_331_592, 149_497_088, 6), 0.5),
        MobileNetV1("mobilenetv1_075", new(2_585_560, 325_400_448, 6), 0.75),
        MobileNetV1("mobilenetv1_100", new(4_231_976, 568_740_352, 6), 1),
        Torchvision("mobilenet_v2", new(3_504_872, 300_774_272, 19), FiveHalvings, classes => new MobileNetV2(classes)),
        Torchvision("mobilenet_v3_small", new(2_542_856, 56_510_400, 14), FiveHalvings, MobileNetV3.Small),
        Torchvision("mobilenet_v3_large", new(5_483_032, 216_589_760, 18), FiveHalvings, MobileNetV3.Large),
        Torchvision("resnet18", new(11_689_512, 1_814_073_344, 5), FiveHalvings, classes => ResNet.Basic("resnet18", [2, 2, 2, 2], classes)),
        Torchvision("resnet34", new(21_797_672, 3_663_761_408, 5), FiveHalvings, classes => ResNet.Basic("resnet34", [3, 4, 6, 3], classes)),
        Torchvision("resnet50", new(25_557_032, 4_089_184_256, 5), FiveHalvings,
            classes => ResNet.Bottlenecked("resnet50", [3, 4, 6, 3], classes)),
        Torchvision("resnet101", new(44_549_160, 7_801_405_440, 5), FiveHalvings,
            classes => ResNet.Bottlenecked("resnet101", [3, 4, 23, 3], classes)),
        Torchvision("resnet152", new(60_192_808, 11_513_626_624, 5), FiveHalvings,
            classes => ResNet.Bottlenecked("resnet152", [3, 8, 36, 3], classes)),
        new("inception_v3", "torchvision", new(27_161_264, 5_713_216_096, 16), 75, Preprocessing.ImageNet with { Resize = 342, Crop = 299 },
            classes => new InceptionV3(classes, transformInput: true)),
        new("legacy_xception", "timm", new(22_855_952, 8_357_403_496, 14), 33, new(333, 299, Interpolation.Bicubic, s_half, s_half),
            classes => new Xception(classes)),
        Torchvision("vgg16", new(138_357_544, 15_470_264_320, 7), FiveHalvings, classes => Vgg.Layers16("vgg16", batchNorm: false, classes)),
        Torchvision("vgg16_bn", new(138_365_992, 15_470_264_320, 7), FiveHalvings,
            classes => Vgg.Layers16("vgg16_bn", batchNorm: true, classes)),
        Torchvision("vgg19", new(143_667_240, 19_632_062_464, 7), FiveHalvings, classes => Vgg.Layers19("vgg19", batchNorm: false, classes)),
        Torchvision("vgg19_bn", new(143_678_248, 19_632_062_464, 7), FiveHalvings,
            classes => Vgg.Layers19("vgg19_bn", batchNorm: true, classes)),
    ];

    /// <summary>The names, in the order of <see cref="All"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(backbone => backbone.Name)];

    /// <summary>The backbone of that name, in exact spelling.</summary>
    /// <exception cref="LearningException">There is none; names the nearest.</exception>
    public static Backbone Get(string name)
    {
        foreach (var backbone in All) if (backbone.Name == name) return backbone;
        var meant = NearestName.Of(name, Names) is { } nearest ? $"did you mean '{nearest}'? " : "";
        throw new LearningException($"There is no backbone '{name}'; {meant}Known are {string.Join(", ", Names)}.");
    }

    private static Backbone MobileNetV1(string name, BackboneFigures figures, double width) =>
        new(name, "timm", figures, FiveHalvings, s_timmMobileNet, classes => new MobileNetV1(name, width, classes));

    private static Backbone Torchvision(string name, BackboneFigures figures, int minimumInputSize, Func<int, Classifier> create) =>
        new(name, "torchvision", figures, minimumInputSize, Preprocessing.ImageNet, create);
}
