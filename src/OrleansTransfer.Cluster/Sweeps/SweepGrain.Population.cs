using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>Hands weights on between the trials of a population.</summary>
public sealed partial class SweepGrain
{
    /// <summary>Whether a trial is to go on with another one's weights, and does not yet.</summary>
    private bool IsToInherit(Trial trial) => trial.Exploits.Count > (Book.FactsOf(trial.Number)?.Inherited.Count ?? 0);

    /// <summary>
    /// Stops a trial's experiment, puts the other trial's newest weights among its checkpoints, and lets it go on from there with its new values.
    /// Each of these may be done again; that it was done is in the ledger before the experiment trains on.
    /// </summary>
    private async Task InheritAsync(Trial trial)
    {
        var (facts, exploit) = (Book.FactsOf(trial.Number), trial.Exploits[^1]);
        if (facts is null || await Experiment(facts).Get() is not { } snapshot) return;
        var experiment = Experiment(facts);
        if (!snapshot.State.IsFinal()) snapshot = await experiment.Cancel($"{HeldBySweep}: {trial.Reason}");

        var step = exploit.Epoch * snapshot.TotalSteps / snapshot.Recipe.Training.Epochs;
        InheritedWeights? weights = null;
        if (Book.FactsOf(exploit.From) is { } other)
        {
            weights = await Task.Run(() => _inheritance.CopyAsync(
                other.Experiment, facts.Experiment, exploit.Epoch, step, trial.Exploits.Count, CancellationToken.None));

            // One that trains is about to store a checkpoint.
            if (weights is null && await Experiment(other).Get() is { State: var state } && !state.IsFinal()) return;
        }
        await EventsOfAsync(trial.Number);
        var origin = weights is null
            ? $"its own weights, for trial {exploit.From} has no checkpoint"
            : $"the weights of trial {exploit.From} after epoch {weights.Epoch} ({weights.Experiment}, checkpoint {weights.Checkpoint})";
        await experiment.Branch(new(
            SearchStudies.Changed(snapshot.Recipe, trial.Configuration), exploit.Epoch, step,
            $"After epoch {exploit.Epoch} it goes on with {origin}."));
        Book.NoteAttempt(
            trial.Number, facts.Experiment, step,
            inherited: new(exploit.Epoch, exploit.From, weights, _next.GetValueOrDefault(trial.Number, facts.NextEvent)));
        await FlushAsync();
        Instruments.TrialStarted("inherit");
        LogInherits(Id, trial.Number, exploit.Epoch, origin);
        await experiment.Resume(null, null);
    }
}
