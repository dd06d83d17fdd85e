using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Transfer;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>What a run minimises, phase by phase.</summary>
public interface ITrainingObjective
{
    /// <summary>
    /// Networks that the terms train beside the model and that are of no use after it (a discriminator, a second classifier), and whatever else must
    /// survive an interruption, as buffers; null for none.
    /// </summary>
    nn.Module? Companion => null;

    /// <summary>The terms of a phase, at least one; their streams are what the phase reads.</summary>
    IReadOnlyList<WeightedLoss> Terms(Phase phase);

    /// <summary>Whether epochs of a phase begin with <see cref="BeginEpoch"/>.</summary>
    bool LooksAtTarget(Phase phase) => false;

    /// <summary>
    /// Before an epoch's first step: sees what the network makes of the target samples. Whatever it learns of them it keeps in buffers of <see
    /// cref="Companion"/>, because an epoch that is resumed in its middle does not begin again. The same on every rank.
    /// </summary>
    /// <param name="progress">Share of the run's steps that are done, 0 to 1 (exclusive).</param>
    void BeginEpoch(Phase phase, SampleOutputs target, double progress) { }
}

/// <summary>One term throughout: supervised training by cross-entropy on the labelled stream, unless another term is given.</summary>
public sealed class SupervisedObjective(ILossTerm? term = null) : ITrainingObjective
{
    private readonly IReadOnlyList<WeightedLoss> _terms = [new(term ?? new CrossEntropyLoss())];

    /// <inheritdoc/>
    public IReadOnlyList<WeightedLoss> Terms(Phase phase) => _terms;
}
