namespace OrleansTransfer.Learning.Transfer;

/// <summary>What happens to the BatchNorm layers of the backbone while it is trained.</summary>
public enum BatchNormPolicy
{
    /// <summary>Statistics and affine parameters stay as the weights have them, bit for bit.</summary>
    Frozen,

    /// <summary>Statistics stay as they are, bit for bit; scale and shift train where their layer does.</summary>
    StatisticsFrozen,

    /// <summary>Statistics follow the data of layers that train; scale and shift train with them.</summary>
    Trainable,

    /// <summary>As <see cref="Trainable"/>, and layers normalise by the whole batch instead of each worker's share of it.</summary>
    Synchronized,
}

/// <summary>Which parameters of the model a phase trains.</summary>
public enum TrainableScope
{
    /// <summary>The head and the phase's stages.</summary>
    HeadAndStages,

    /// <summary>The phase's stages; the head stays as it is, as a hypothesis that features are fitted to.</summary>
    Stages,

    /// <summary>
    /// Scale and shift of all BatchNorm layers, which also normalise by the data, whatever the policy is; nothing else.
    /// </summary>
    Normalisation,

    /// <summary>As <see cref="Normalisation"/>, but scale and shift stay: only statistics follow the data.</summary>
    Statistics,

    /// <summary>Nothing, and no statistics either: what changes, the objective changes before the first step.</summary>
    None,
}

/// <summary>A stretch of training with one set of trainable layers and learning rates.</summary>
/// <param name="Name">For instance <c>linear-probe</c> or <c>fine-tune</c>.</param>
/// <param name="Epochs">Length in epochs, at least 1.</param>
/// <param name="TrainableStages">Names of backbone stages that train.</param>
/// <param name="LearningRate">Peak rate of the head.</param>
/// <param name="BackboneFactor">The backbone's rate is this times the head's.</param>
public sealed record Phase(string Name, int Epochs, IReadOnlyList<string> TrainableStages, double LearningRate, double BackboneFactor)
{
    /// <summary>What trains.</summary>
    public TrainableScope Scope { get; init; } = TrainableScope.HeadAndStages;

    /// <summary>Whether nothing below the head trains.</summary>
    internal bool FreezesBackbone => Scope == TrainableScope.HeadAndStages && TrainableStages.Count == 0;

    /// <summary>Whether it is all about BatchNorm layers.</summary>
    internal bool OnlyNorms => Scope is TrainableScope.Normalisation or TrainableScope.Statistics;

    /// <summary>Whether steps move parameters.</summary>
    internal bool Updates => Scope is not (TrainableScope.Statistics or TrainableScope.None);
}
