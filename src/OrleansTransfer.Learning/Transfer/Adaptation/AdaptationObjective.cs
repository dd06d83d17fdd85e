using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>Cross-entropy on the source, and a method's own terms beside it, in every phase.</summary>
/// <param name="companion">Networks that the terms train; null for none.</param>
/// <param name="terms">The method's terms.</param>
internal sealed class AdaptationObjective(nn.Module? companion, params IReadOnlyList<WeightedLoss> terms) : ITrainingObjective
{
    private readonly IReadOnlyList<WeightedLoss> _terms = [new(new CrossEntropyLoss()), .. terms];

    /// <inheritdoc/>
    public nn.Module? Companion => companion;

    /// <inheritdoc/>
    public IReadOnlyList<WeightedLoss> Terms(Phase phase) => _terms;
}
