using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Learning.Tests.Weights.Catalogue;

public class WeightCatalogueTests
{
    private static readonly WeightCatalogue s_public = WeightCatalogue.Public;

    public static TheoryData<string> Names => [.. s_public.Entries.Select(entry => $"{entry.Name}")];

    public static TheoryData<string> Networks => [.. s_public.Entries.Select(entry => entry.Name.Backbone).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_entry_is_complete_and_consistent(string name)
    {
        var entry = s_public.Get(WeightName.TryParse(name)!);
        Assert.Equal("https", entry.Url.Scheme);
        Assert.EndsWith(entry.Extension, entry.Url.AbsolutePath, StringComparison.Ordinal);
        Assert.InRange(entry.Top1, 50, 90);
        Assert.Equal("ImageNet-1k", entry.TrainingSet);
        Assert.Contains(entry.Licence, (string[])["BSD-3-Clause", "Apache-2.0", "CC-BY-4.0"]);
        Assert.Equal(entry.Preprocessing, Preprocessing.Parse($"{entry.Preprocessing}", Preprocessing.ImageNet));
        Assert.Matches(
            entry.Checksum.Kind switch
            {
                ChecksumKind.None => "^$",
                ChecksumKind.Md5 => "^[0-9a-f]{32}$",
                ChecksumKind.Sha256 => "^[0-9a-f]{64}$",
                _ => "^[0-9a-f]{8,9}$",
            },
            entry.Checksum.Digits);

        // PyTorch's convention: the file's name ends with the first digits of its SHA-256.
        if (entry.Format == WeightFormat.PyTorch)
            Assert.StartsWith(entry.Url.Segments[^1].Split('-')[^1].Split('.')[0], entry.Checksum.Digits, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_addresses_are_unique()
    {
        Assert.Equal(s_public.Entries.Count, s_public.Entries.Select(entry => entry.Name).Distinct().Count());
        Assert.Equal(s_public.Entries.Count, s_public.Entries.Select(entry => entry.Url).Distinct().Count());
    }

    [Fact]
    public void Every_backbone_has_weights()
    {
        var without = Backbones.Names.Where(name => s_public.Of(name).Count == 0);

        // Widths of MobileNetV1 that nobody publishes weights of, and LeNet, which is trained from scratch.
        Assert.Empty(without.Except(["mobilenetv1_075", "mobilenetv1_050", "mobilenetv1_025", "lenet"]));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_default_weights_expect_what_their_backbone_says(string name)
    {
        Assert.Equal(Backbones.Get(name).Preprocessing, s_public.Default(name).Preprocessing);
        Assert.All(s_public.Of(name), entry => Assert.True(entry.Preprocessing.Crop >= Backbones.Get(name).MinimumInputSize));
    }

    [Theory]
    [InlineData("resnet50", "resnet50/imagenet1k_v1")]
    [InlineData("mobilenet_v2", "mobilenet_v2/imagenet1k_v1")]
    [InlineData("mobilenet_v3_large", "mobilenet_v3_large/imagenet1k_v1")]
    [InlineData("inception_v3", "inception_v3/imagenet1k_v1")]
    [InlineData("legacy_xception", "legacy_xception/cadene")]
    [InlineData("mobilenetv1_100", "mobilenetv1_100/ra4_e3600_r224_in1k")]
    public void Imagenet_means_the_same_weights_for_ever(string backbone, string name) => Assert.Equal(name, $"{s_public.Default(backbone).Name}");

    [Fact]
    public void A_backbone_without_public_weights_is_told_so() =>
        Assert.Contains("mobilenetv1_050", Assert.Throws<LearningException>(() => s_public.Default("mobilenetv1_050")).Message);

    [Fact]
    public void The_second_generation_is_resized_to_232_and_keras_vgg_is_fed_bytes_in_blue_green_red()
    {
        Assert.Equal(232, s_public.Get(new("resnet50", "imagenet1k_v2")).Preprocessing.Resize);
        var keras = s_public.Get(new("vgg16", "keras")).Preprocessing;
        Assert.Equal((ChannelOrder.Bgr, 1.0, 103.939f), (keras.Channels, keras.Scale, keras.Mean[0]));
    }

    [Theory]
    [InlineData("tf_in1k", 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f)]
    [InlineData("gluon_in1k", 0.485f, 0.456f, 0.406f, 0.229f, 0.224f, 0.225f)]
    public void Inception_sees_what_the_weights_were_trained_on(string tag, params float[] meanAndStd)
    {
        var preprocessing = s_public.Get(new("inception_v3", tag)).Preprocessing;
        for (var channel = 0; channel < 3; channel++)
        {
            var (m, s) = (Preprocessing.ImageNet.Mean[channel], Preprocessing.ImageNet.Std[channel]);
            foreach (var x in (float[])[0, 0.3f, 1])
            {
                // transform_input of torchvision's Inception.
                var seen = (x - preprocessing.Mean[channel]) / preprocessing.Std[channel] * (s / 0.5f) + (m - 0.5f) / 0.5f;
                Assert.Equal((x - meanAndStd[channel]) / meanAndStd[channel + 3], seen, tolerance: 1e-5f);
            }
        }
    }

    [Fact]
    public void A_file_is_recognised_by_its_checksum_and_only_as_weights_of_its_network()
    {
        var sha256 = "11ad3fa6".PadRight(64, '0');
        Assert.Equal("resnet50/imagenet1k_v2", $"{s_public.ByContent("resnet50", sha256)?.Name}");
        Assert.Null(s_public.ByContent("resnet101", sha256));
        Assert.Null(s_public.ByContent("resnet50", new('0', 64)));
    }

    [Theory]
    [InlineData("resnet50/imagenet1k_v2", true)]
    [InlineData("resnet50/mine-2", true)]
    [InlineData("resnet50", false)]
    [InlineData("resnet50/w.pth", false)]
    [InlineData("a/b/c", false)]
    [InlineData("./a/b", false)]
    [InlineData("../b", false)]
    [InlineData("Resnet50/x", false)]
    [InlineData("resnet50/x\n", false)]
    public void Names_have_one_shape(string text, bool name) => Assert.Equal(name, WeightName.TryParse(text) is not null);

    [Theory]
    [InlineData("0123456")]
    [InlineData("0123456g")]
    [InlineData("")]
    public void What_is_no_checksum_is_refused(string digits) => Assert.Throws<LearningException>(() => WeightChecksum.Sha256(digits));
}
