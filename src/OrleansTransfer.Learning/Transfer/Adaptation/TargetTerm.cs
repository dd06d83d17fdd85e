using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>A term that looks at the target's batch alone.</summary>
internal abstract class TargetTerm : ILossTerm
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Streams { get; } = [TrainingData.Target];

    /// <inheritdoc/>
    public virtual bool NeedsWholeBatch => false;

    /// <inheritdoc/>
    public Tensor Compute(LossContext context) => Compute(context, context[TrainingData.Target]);

    /// <inheritdoc cref="ILossTerm.Compute"/>
    protected abstract Tensor Compute(LossContext context, StreamPass target);
}
