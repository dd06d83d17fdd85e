using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// Population-based training (Jaderberg and others, arXiv 1711.09846): the trials of the budget are a population. Every few epochs a trial is
/// compared with what the others had measured at the same epoch; one of the worst goes on from the weights of one of the best, with that one's
/// configuration changed a little. So every trial ends with a schedule rather than a setting. The population need not run at once, but those that run
/// early have few to compare with.
/// </summary>
public sealed class PopulationBasedTraining(PbtOptions? options = null) : IStoppingRule
{
    private readonly PbtOptions _options = options ?? new();

    /// <inheritdoc/>
    public string Name => "pbt";

    /// <inheritdoc/>
    public SweepPlan Plan(SweepBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        var rungs = Enumerable.Range(1, budget.Epochs).Where(epoch => epoch % _options.Interval == 0 || epoch == budget.Epochs)
            .Select(epoch => new PlannedRung(0, epoch, budget.Trials));
        return new(budget.Trials, budget.Epochs, [.. rungs], (double)budget.Trials * budget.Epochs,
            $"no trial ends early; every {_options.Interval} epochs the worst {_options.Share:P0} go on from the weights of the best");
    }

    /// <inheritdoc/>
    public Decision Decide(StoppingContext context, Trial trial)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (history, epoch) = (context.History, trial.Epochs);
        if (Openings.FinishedAfter(context.Budget.Epochs, trial) is { } finished) return finished;
        var next = Math.Min(context.Budget.Epochs, (epoch / _options.Interval + 1) * _options.Interval);
        if (epoch < trial.Until) return Decision.Continue(trial.Until, $"until epoch {trial.Until}");
        var rung = history.Rung(trial.Bracket, epoch);
        var share = (int)(rung.Count * _options.Share);
        if (share == 0) return Decision.Continue(next, $"only {rung.Count} trials have come to epoch {epoch}");
        var place = rung.CountBetter(history.Loss(trial.Measurements[^1].Value)) + 1;
        var standing = $"place {place} of {rung.Count} at epoch {epoch}";
        if (place <= rung.Count - share) return Decision.Continue(next, standing);
        var random = RandomStream.For(context.Seed, trial.Number, epoch);
        if (Model(history, trial, rung.At(share - 1), random) is not { } model)
            return Decision.Continue(next, $"{standing}; none of the best is left");
        var configuration = Exploration.Of(context.Space, model.Configuration, _options.Resample, random);
        return Decision.Exploit(model.Number, configuration, next, $"{standing}: goes on from trial {model.Number}, changed a little");
    }

    /// <inheritdoc/>
    public NextStep Next(StoppingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Openings.StartOrWait(context, Math.Min(context.Budget.Epochs, _options.Interval));
    }

    // The first, from a random one on, that was among the best at the epoch.
    private static Trial? Model(TrialHistory history, Trial trial, double worst, RandomStream random)
    {
        var start = random.NextIndex(history.Trials.Count);
        for (var i = 0; i < history.Trials.Count; i++)
        {
            var other = history.Trials[(start + i) % history.Trials.Count];
            var comparable = other.Number != trial.Number && other.Epochs >= trial.Epochs;
            if (!comparable || other.State is not (TrialState.Running or TrialState.Completed)) continue;
            if (history.Loss(other.Measurements.First(measured => measured.Epoch >= trial.Epochs).Value) <= worst) return other;
        }
        return null;
    }
}
