using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>Nothing to minimise: the forward pass over the target is the point.</summary>
internal sealed class ForwardTerm : TargetTerm
{
    /// <inheritdoc/>
    public override string Name => "statistics";

    /// <inheritdoc/>
    protected override Tensor Compute(LossContext context, StreamPass target) => target.Logits.sum().Times(0);
}
