using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Passes its input on, and in the backward pass calls back when the gradient of that input is complete. libtorch accumulates the gradients of
/// parameters before anything else, so those of all layers behind this point are final then. TorchSharp has no hooks on gradients.
/// </summary>
/// <remarks>
/// An exception in <see cref="backward"/> would end the process, and the function is one object for all threads: the callback must not throw, and
/// everything that belongs to a call lies in its context.
/// </remarks>
internal sealed class GradientReady : autograd.SingleTensorFunction<GradientReady>
{
    private const string Callback = "callback";

    /// <inheritdoc/>
    public override string Name => nameof(GradientReady);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data(Callback, vars[1]);
        return ((Tensor)vars[0]).alias();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        ((Action)ctx.get_data(Callback))();
        return [gradient, null!];
    }
}
