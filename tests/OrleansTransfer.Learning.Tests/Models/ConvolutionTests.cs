using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models;

public class ConvolutionTests
{
    // Among them are 1x1 shapes for which the stock convolution dies or gives wrong numbers where the processor hides its caches.
    [Theory]
    [InlineData(64, 80, 1, 1, 1, 73)]
    [InlineData(256, 512, 1, 2, 1, 14)]
    [InlineData(256, 1024, 1, 1, 1, 14)]
    [InlineData(512, 1024, 1, 2, 1, 7)]
    [InlineData(3, 64, 7, 2, 1, 64)]
    [InlineData(64, 64, 3, 1, 64, 28)]
    [InlineData(96, 40, 5, 2, 1, 15)]
    public void Both_memory_layouts_give_the_sums_of_the_definition(int input, int output, int kernel, int stride, int groups, int size)
    {
        using var scope = NewDisposeScope();
        using var convolution = new Convolution(input, output, kernel, stride, kernel / 2, groups);
        using (var generator = new Generator(1))
        {
            Initializers.Normal(convolution.Weight, 0, 0.1, generator);
            Initializers.Normal(convolution.Bias!, 0, 0.1, generator);
        }
        var images = randn(3, input, size, size);
        var (expected, expectedGradients) = Run(images, Definition);

        foreach (var arranged in new[] { images, MemoryLayout.Arrange(images) })
        {
            var (actual, gradients) = Run(arranged, convolution.call);
            AssertClose(expected, actual);
            foreach (var (one, other) in expectedGradients.Zip(gradients)) AssertClose(one, other);
        }

        (Tensor Output, Tensor[] Gradients) Run(Tensor batch, Func<Tensor, Tensor> compute)
        {
            var leaf = batch.detach().requires_grad_();
            convolution.zero_grad();
            var result = compute(leaf);
            (result * result).sum().backward();
            return (result.detach(), [leaf.grad!, convolution.Weight.grad!.clone(), convolution.Bias!.grad!.clone()]);
        }

        // By unfolding, in double precision: nothing of it runs through a convolution.
        Tensor Definition(Tensor batch)
        {
            var columns = nn.functional.unfold(batch.to(ScalarType.Float64), kernel, padding: kernel / 2, stride: stride);
            var perGroup = columns.view(3, groups, input / groups * kernel * kernel, columns.shape[2]);
            var weight = convolution.Weight.to(ScalarType.Float64).view(groups, output / groups, -1);
            var side = (size + 2 * (kernel / 2) - kernel) / stride + 1;
            return (weight.matmul(perGroup).view(3, output, side, side) + convolution.Bias!.view(1, -1, 1, 1)).to(ScalarType.Float32);
        }
    }

    [Fact]
    public void Channels_stay_last()
    {
        Assert.SkipUnless(ProcessorCaches.AreKnown, "This machine hides the sizes of its caches: networks run with channels first on it.");
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var pointwise = new Convolution(8, 16, 1);
        using var wide = new Convolution(16, 8, 3, padding: 1);
        var batch = MemoryLayout.Arrange(randn(2, 8, 5, 5));
        Assert.True(IsChannelsLast(batch));
        Assert.True(IsChannelsLast(wide.call(pointwise.call(batch))));
        Assert.False(IsChannelsLast(wide.call(pointwise.call(batch.contiguous()))));
    }

    [Fact]
    public void Weights_follow_when_the_module_moves_to_another_type()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var convolution = new Convolution(4, 4, 1);
        foreach (var parameter in convolution.parameters()) parameter.fill_(0.5);
        convolution.to(ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, convolution.call(ones(1, 4, 2, 2, ScalarType.Float64)).dtype);
        Assert.Equal(["weight", "bias"], convolution.state_dict().Keys);
    }

    private static bool IsChannelsLast(Tensor batch) => batch.permute(0, 2, 3, 1).is_contiguous();

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var deviation = ((expected - actual).abs().max() / expected.abs().max()).item<float>();
        Assert.True(deviation < 1e-4, $"They deviate by {deviation:E1}.");
    }
}
