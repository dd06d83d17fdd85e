using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// A two-dimensional convolution <c>[N,I,H,W]</c> to <c>[N,O,H',W']</c> under the keys of PyTorch's own, in either memory layout. Its weights are
/// uninitialised until they are loaded or drawn.
/// </summary>
/// <remarks>
/// It differs from the stock one in 1x1 kernels, to keep clear of oneDNN (in libtorch 2.10) on machines that hide the sizes of their caches, as many
/// virtual ones do. There, a backward pass of a strided one of 512 channels and more divides by zero, which kills the process, and with channels last
/// some shapes do so and others give wrong numbers. So a stride is taken first, by looking only at every stride-th pixel, and with channels last the
/// convolution is computed as the matrix product over pixels that it is. Both are exact.
/// </remarks>
internal sealed class Convolution : Module<Tensor, Tensor>
{
    private readonly long[] _stride, _padding;
    private readonly bool _pointwise;

    // Fields are named as the keys of the state dict.
    private readonly Parameter weight;
    private readonly Parameter? bias;

    /// <param name="input">Channels I.</param>
    /// <param name="output">Channels O.</param>
    /// <param name="kernel">Height and width.</param>
    /// <param name="stride">In both directions.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    /// <param name="bias">Whether each output channel has a constant added to it.</param>
    public Convolution(int input, int output, int kernel, int stride = 1, int padding = 0, int groups = 1, bool bias = true)
        : this(input, output, (kernel, kernel), (padding, padding), stride, groups, bias)
    {
    }

    /// <inheritdoc cref="Convolution(int, int, int, int, int, int, bool)"/>
    public Convolution(
        int input, int output, (int Height, int Width) kernel, (int Height, int Width) padding, int stride = 1, int groups = 1, bool bias = true)
        : base(nameof(Convolution))
    {
        (_stride, _padding, Groups) = ([stride, stride], [padding.Height, padding.Width], groups);
        _pointwise = kernel == (1, 1) && padding == (0, 0) && groups == 1;
        weight = new Parameter(empty(output, input / groups, kernel.Height, kernel.Width));
        this.bias = bias ? new Parameter(empty(output)) : null;
        RegisterComponents();
    }

    /// <summary><c>[O,I/groups,kH,kW]</c>.</summary>
    public Tensor Weight => weight;

    /// <summary><c>[O]</c>.</summary>
    public Tensor? Bias => bias;

    /// <summary>Groups of channels that do not see each other.</summary>
    public int Groups { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (!_pointwise) return functional.conv2d(input, weight, bias, _stride, _padding, groups: Groups);

        using var scope = NewDisposeScope();
        var (step, x) = (_stride[0], input);
        if (step > 1) x = x.slice(2, 0, x.shape[2], step).slice(3, 0, x.shape[3], step);
        if (!MemoryLayout.IsChannelsLast(input)) return functional.conv2d(x, weight, bias).MoveToOuterDisposeScope();
        var pixels = functional.linear(x.permute(0, 2, 3, 1), weight.flatten(1), bias); // [N,H',W',O]
        return pixels.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
