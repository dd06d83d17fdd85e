using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Weights.Catalogue;

/// <summary>
/// Oxford's VGG weights as Keras publishes them: blue first, bytes as they are less the mean of each channel. Checksums are those in Keras' source,
/// accuracies those of its documentation. Keras' other networks differ from the ones here in padding or batch normalisation.
/// </summary>
internal static class KerasWeights
{
    private static readonly Preprocessing s_caffe = new(
        256, 224, Interpolation.Bilinear, [103.939f, 116.779f, 123.68f], [1, 1, 1], ChannelOrder.Bgr, Scale: 1);

    public static IEnumerable<WeightEntry> All =>
    [
        Entry("vgg16", "64373286793e3c8b2b4e3219cbf3544b", 71.3),
        Entry("vgg19", "cbe5617147190e668d6c5d5026f83318", 71.3),
    ];

    private static WeightEntry Entry(string backbone, string md5, double top1) => new(
        new(backbone, "keras"),
        new($"https://storage.googleapis.com/tensorflow/keras-applications/{backbone}/{backbone}_weights_tf_dim_ordering_tf_kernels.h5"),
        WeightChecksum.Md5(md5), WeightFormat.Keras, WeightCatalogue.ImageNet, "CC-BY-4.0", top1, s_caffe);
}
