namespace OrleansTransfer.Learning.Training;

/// <summary>What a training loop is at.</summary>
public enum TrainingActivity
{
    /// <summary>Takes the step's batches.</summary>
    Data,

    /// <summary>Computes the loss.</summary>
    Forward,

    /// <summary>Computes gradients.</summary>
    Backward,

    /// <summary>Sums gradients over the group.</summary>
    Exchange,

    /// <summary>Updates parameters and hears of the step.</summary>
    Update,

    /// <summary>Evaluates the model on validation samples.</summary>
    Evaluation,
}
