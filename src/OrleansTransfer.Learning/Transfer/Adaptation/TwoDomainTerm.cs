using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>A term that compares the source's batch with the target's.</summary>
internal abstract class TwoDomainTerm : ILossTerm
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Streams { get; } = [TrainingData.Train, TrainingData.Target];

    /// <inheritdoc/>
    public virtual bool NeedsWholeBatch => false;

    /// <inheritdoc/>
    public Tensor Compute(LossContext context) => Compute(context, context[TrainingData.Train], context[TrainingData.Target]);

    /// <inheritdoc cref="ILossTerm.Compute"/>
    protected abstract Tensor Compute(LossContext context, StreamPass source, StreamPass target);
}
