using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// BatchNorm (Ioffe and Szegedy, arXiv 1502.03167) of <c>[N,C,...]</c> under the keys of PyTorch's own. It differs from the stock one in how it
/// counts batches: with a number that lives until it is read (<see cref="TensorArithmetic"/>).
/// </summary>
/// <param name="channels">C.</param>
/// <param name="epsilon">Added to variances.</param>
/// <param name="share">Of a batch in the running statistics, 0 to 1: the momentum.</param>
internal sealed class BatchNormalisation(long channels, double epsilon = 1e-5, double share = 0.1)
    : BatchNorm(channels, epsilon, share, affine: true, track_running_stats: true, device: null, dtype: null, nameof(BatchNormalisation))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        ValidateInputDimensions(input);
        if (training) num_batches_tracked!.CountUp();
        return nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, momentum!.Value, eps);
    }

    /// <inheritdoc/>
    protected override void ValidateInputDimensions(Tensor input)
    {
        if (input.dim() < 2 || input.shape[1] != num_features)
            throw new ArgumentException($"Expected [N,{num_features},...], found [{string.Join(',', input.shape)}].", nameof(input));
    }
}
