using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Models;

/// <summary>The catalogue of architectures that a recipe can name. Each line is held to its origin by a parity test.</summary>
public static class Backbones
{
    // Below this, in pixels, the last layer of a network that halves its input five times sees less than one pixel.
    private const int FiveHalvings = 32;

    private static readonly float[] s_half = [0.5f, 0.5f, 0.5f];
    private static readonly Preprocessing s_timmMobileNet = new(256, 224, Interpolation.Bicubic, s_half, s_half);

    /// <summary>Every backbone, by family and then by size.</summary>
    public static IReadOnlyList<Backbone> All { get; } =
    [
        Torchvision("squeezenet1_0", 21, SqueezeNet.Version10),
        Torchvision("squeezenet1_1", 17, SqueezeNet.Version11),
        MobileNetV1("mobilenetv1_025", 0.25),
        MobileNetV1("mobilenetv1_050", 0.5),
        MobileNetV1("mobilenetv1_075", 0.75),
        MobileNetV1("mobilenetv1_100", 1),
        Torchvision("mobilenet_v2", FiveHalvings, classes => new MobileNetV2(classes)),
        Torchvision("mobilenet_v3_small", FiveHalvings, MobileNetV3.Small),
        Torchvision("mobilenet_v3_large", FiveHalvings, MobileNetV3.Large),
        Torchvision("resnet18", FiveHalvings, classes => ResNet.Basic("resnet18", [2, 2, 2, 2], classes)),
        Torchvision("resnet34", FiveHalvings, classes => ResNet.Basic("resnet34", [3, 4, 6, 3], classes)),
        Torchvision("resnet50", FiveHalvings, classes => ResNet.Bottlenecked("resnet50", [3, 4, 6, 3], classes)),
        Torchvision("resnet101", FiveHalvings, classes => ResNet.Bottlenecked("resnet101", [3, 4, 23, 3], classes)),
        Torchvision("resnet152", FiveHalvings, classes => ResNet.Bottlenecked("resnet152", [3, 8, 36, 3], classes)),
        new("inception_v3", "torchvision", 75, Preprocessing.ImageNet with { Resize = 342, Crop = 299 },
            classes => new InceptionV3(classes, transformInput: true)),
        new("legacy_xception", "timm", 33, new(333, 299, Interpolation.Bicubic, s_half, s_half), classes => new Xception(classes)),
        Torchvision("vgg16", FiveHalvings, classes => Vgg.Layers16("vgg16", batchNorm: false, classes)),
        Torchvision("vgg16_bn", FiveHalvings, classes => Vgg.Layers16("vgg16_bn", batchNorm: true, classes)),
        Torchvision("vgg19", FiveHalvings, classes => Vgg.Layers19("vgg19", batchNorm: false, classes)),
        Torchvision("vgg19_bn", FiveHalvings, classes => Vgg.Layers19("vgg19_bn", batchNorm: true, classes)),
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

    private static Backbone MobileNetV1(string name, double width) =>
        new(name, "timm", FiveHalvings, s_timmMobileNet, classes => new MobileNetV1(name, width, classes));

    private static Backbone Torchvision(string name, int minimumInputSize, Func<int, ImageClassifier> create) =>
        new(name, "torchvision", minimumInputSize, Preprocessing.ImageNet, create);
}
