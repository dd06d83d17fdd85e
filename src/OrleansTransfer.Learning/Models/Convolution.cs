using OrleansTransfer.Learning.Compute;
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
/// It differs from the stock one where the processor hides the sizes of its caches (<see cref="ProcessorCaches"/>): there the backward pass of a
/// strided 1x1 convolution of 512 channels and more divides by zero in oneDNN (in libtorch 2.10), which kills the process. So its stride is taken first,
/// by looking only at every stride-th pixel, which is exact.
/// </remarks>
internal sealed class Convolution : Module<Tensor, Tensor>
{
    private readonly long[] _stride, _padding;
    private readonly bool _subsamples;

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
        _subsamples = !ProcessorCaches.AreKnown && stride > 1 && kernel == (1, 1) && padding == (0, 0) && groups == 1;
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
        if (!_subsamples) return functional.conv2d(input, weight, bias, _stride, _padding, groups: Groups);

        using var scope = NewDisposeScope();
        var step = _stride[0];
        var x = input.slice(2, 0, input.shape[2], step).slice(3, 0, input.shape[3], step);
        return functional.conv2d(x, weight, bias).MoveToOuterDisposeScope();
    }
}
