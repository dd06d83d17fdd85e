using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// The element-wise sum of a tensor over all ranks, as an operation that gradients go through: every rank's part of the loss depends on every rank's
/// summand, so the gradient of a summand is the sum of all ranks' gradients of the sum. Every rank must compute the same sums in the same order, in both
/// directions.
/// </summary>
internal sealed class GlobalSum : autograd.SingleTensorFunction<GlobalSum>
{
    private const string Exchanger = "exchanger";

    /// <inheritdoc/>
    public override string Name => nameof(GlobalSum);

    /// <summary>The sum over the ranks of <paramref name="exchanger"/>'s group of a float32 tensor on the CPU.</summary>
    /// <exception cref="ExchangeAbortedException">The group broke up.</exception>
    public static Tensor Of(Tensor local, GradientExchanger exchanger)
    {
        var sum = apply(local, exchanger);
        exchanger.ThrowIfFailed();
        return sum;
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data(Exchanger, vars[1]);
        var sum = ((Tensor)vars[0]).detach().clone().contiguous();
        ((GradientExchanger)vars[1]).Sum(sum);
        return sum;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        // A failed sum must not throw here, where it would end the process; the exchanger keeps the failure for the end of the pass.
        var sum = gradient.detach().clone().contiguous();
        ((GradientExchanger)ctx.get_data(Exchanger)).Sum(sum);
        return [sum, null!];
    }
}
