namespace OrleansTransfer.Tuning;

/// <summary>What a search may use.</summary>
/// <param name="Trials">Trials to start, failed ones not counted; at least 1.</param>
/// <param name="Epochs">Epochs of a trial that runs to its end; at least 1.</param>
public sealed record SweepBudget(int Trials, int Epochs)
{
    /// <inheritdoc cref="SweepBudget(int, int)"/>
    public int Trials { get; init; } = Trials >= 1 ? Trials : throw new TuningException($"A budget of {Trials} trials: it takes at least 1.");

    /// <inheritdoc cref="SweepBudget(int, int)"/>
    public int Epochs { get; init; } = Epochs >= 1 ? Epochs : throw new TuningException($"A budget of {Epochs} epochs a trial: it takes at least 1.");
}
