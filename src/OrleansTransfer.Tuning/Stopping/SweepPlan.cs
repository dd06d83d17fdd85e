namespace OrleansTransfer.Tuning.Stopping;

/// <summary>Trials that are expected at a rung.</summary>
/// <param name="Bracket">Which race for survival.</param>
/// <param name="Epoch">Epochs a trial has trained when it comes there.</param>
/// <param name="Trials">How many are expected to come; not whole, for it is a mean.</param>
public sealed record PlannedRung(int Bracket, int Epoch, double Trials);

/// <summary>What a search would run.</summary>
/// <param name="Trials">Trials started.</param>
/// <param name="EpochsPerTrial">Epochs of a trial that runs to its end.</param>
/// <param name="Rungs">By bracket and epoch; the last of a bracket is the end of its trials.</param>
/// <param name="ExpectedEpochs">Epochs of all trials together, if values come in no particular order.</param>
/// <param name="Note">What the expectation rests on, for people.</param>
public sealed record SweepPlan(int Trials, int EpochsPerTrial, IReadOnlyList<PlannedRung> Rungs, double ExpectedEpochs, string Note)
{
    /// <summary>Epochs if every trial ran to its end.</summary>
    public long FullEpochs => (long)Trials * EpochsPerTrial;
}
