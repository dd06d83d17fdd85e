namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Training diverged: the loss or a gradient of the global batch is NaN or infinite. Every rank finds so in the same step; no rank applies it.
/// </summary>
/// <param name="position">Where the run stood before the step.</param>
/// <param name="phase">Name of the phase.</param>
/// <param name="loss">Loss of the global batch.</param>
/// <param name="parameter">Key of the first parameter, in the model's order, whose gradient is not finite; null when all are.</param>
public sealed class NonFiniteLossException(TrainingPosition position, string phase, double loss, string? parameter)
    : LearningException(Describe(position, phase, loss, parameter))
{
    /// <summary>Where the run stood before the step.</summary>
    public TrainingPosition Position { get; } = position;

    /// <summary>Loss of the global batch.</summary>
    public double Loss { get; } = loss;

    /// <summary>Key of the first parameter, in the model's order, whose gradient is not finite; null when all are.</summary>
    public string? Parameter { get; } = parameter;

    private static string Describe(TrainingPosition position, string phase, double loss, string? parameter)
    {
        var where = $"step {position.GlobalStep} (epoch {position.Epoch}, phase {phase})";
        var gradient = parameter is null ? "" : $" the first gradient that is not finite is that of '{parameter}';";
        return double.IsFinite(loss)
            ? $"The gradients of {where} are not finite, though the loss is {loss:G6};{gradient} a lower learning rate usually helps."
            : $"The loss of {where} is {loss};{gradient} a lower learning rate usually helps, and broken pixel values are the other common cause.";
    }
}
