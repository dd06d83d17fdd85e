using OrleansTransfer.Learning.Transfer;

namespace OrleansTransfer.Learning.Training;

/// <summary>Which update rule turns gradients into steps.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101); beta 0.9 and 0.999, epsilon 1e-8.</summary>
    AdamW,

    /// <summary>Stochastic gradient descent with momentum 0.9 (PyTorch's form, without dampening) and L2 weight decay.</summary>
    Sgd,
}

/// <summary>How the learning rate moves through one phase; <c>t</c> runs from 0 to 1 over the phase's steps.</summary>
public enum ScheduleKind
{
    /// <summary>The peak rate throughout.</summary>
    Constant,

    /// <summary>Half a cosine from the peak rate to 0 (SGDR without restarts, arXiv 1608.03983).</summary>
    Cosine,

    /// <summary>
    /// Up by a cosine from peak/25 over the first 25 % of the steps, then down to peak/25e4 (Smith, arXiv 1708.07120, in fastai's form).
    /// </summary>
    OneCycle,

    /// <summary>A tenth of the rate after each third of the phase.</summary>
    Step,
}

/// <summary>Everything a replica must know to train, the same on every rank.</summary>
/// <param name="Architecture">Catalogue name of the backbone.</param>
/// <param name="Classes">Width of the new head.</param>
/// <param name="HeadDropout">Dropout in front of the head's linear layer.</param>
/// <param name="Phases">What trains when, in order.</param>
/// <param name="BatchNorm">Policy for the backbone's BatchNorm layers.</param>
/// <param name="Optimizer">Update rule.</param>
/// <param name="WeightDecay">Applied to weights of two and more dimensions; biases and normalisation parameters are left alone.</param>
/// <param name="Schedule">Shape of the learning rate within each phase.</param>
/// <param name="Seed">Source of all randomness of the run.</param>
public sealed record TrainingPlan(
    string Architecture,
    int Classes,
    double HeadDropout,
    IReadOnlyList<Phase> Phases,
    BatchNormPolicy BatchNorm,
    OptimizerKind Optimizer,
    double WeightDecay,
    ScheduleKind Schedule,
    long Seed)
{
    /// <summary>
    /// Parts that a rank's share of each batch is computed in, one after the other, to need the memory of one; gradients add up and are exchanged
    /// once. BatchNorm layers that follow the data see the parts as batches of their own.
    /// </summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>
    /// Which score decides whose epoch's weights a run with a target domain ends with: a name of <see
    /// cref="Evaluation.Validators.UnsupervisedValidators"/>.
    /// </summary>
    public string Validator { get; init; } = Evaluation.Validators.UnsupervisedValidators.Last;

    /// <summary>
    /// Whether the network is a finished model, head and all, that is adapted to a target domain: what it makes of the target before the first step
    /// then counts as an epoch that may be picked.
    /// </summary>
    public bool IsFinished { get; init; }

    /// <summary>Epochs of all phases together.</summary>
    public int Epochs => Phases.Sum(phase => phase.Epochs);
}

/// <summary>A point between two steps of a run.</summary>
/// <param name="Epoch">Epoch over the whole run, from 0.</param>
/// <param name="Step">Next step within the epoch, from 0; equal to the epoch's length once its last step is done and its evaluation is not.</param>
/// <param name="GlobalStep">Steps done since the run began.</param>
public sealed record TrainingPosition(int Epoch, int Step, long GlobalStep)
{
    /// <summary>The beginning of a run.</summary>
    public static TrainingPosition Start { get; } = new(0, 0, 0);
}
