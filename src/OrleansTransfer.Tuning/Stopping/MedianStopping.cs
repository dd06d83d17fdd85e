using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// Stops a trial whose best measurement so far is worse than the median of what the trials had measured at the same epoch (Golovin and others,
/// "Google Vizier", KDD 2017, section 3.2.2, of measurements instead of their running means).
/// </summary>
public sealed class MedianStopping(MedianOptions? options = null) : IStoppingRule
{
    private readonly MedianOptions _options = options ?? new();

    /// <inheritdoc/>
    public string Name => "median";

    /// <inheritdoc/>
    public SweepPlan Plan(SweepBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        // If curves never cross, a trial is stopped at the first judgement, with a chance of a half once there are enough to compare with.
        double judged = Math.Max(0, budget.Trials - _options.Startup), end = budget.Epochs, first = Math.Min(_options.WarmUp + 1, budget.Epochs);
        var survivors = budget.Trials - judged / 2;
        return new(budget.Trials, budget.Epochs, [new(0, (int)first, budget.Trials), new(0, budget.Epochs, survivors)],
            budget.Trials * first + survivors * (end - first),
            $"half of the trials after the first {_options.Startup} are stopped, if their curves do not cross");
    }

    /// <inheritdoc/>
    public Decision Decide(StoppingContext context, Trial trial)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (end, epoch) = (context.Budget.Epochs, trial.Epochs);
        if (Openings.FinishedAfter(end, trial) is { } finished) return finished;
        var rung = context.History.Rung(trial.Bracket, epoch);
        var next = Math.Min(end, Math.Max(epoch, _options.WarmUp) + 1);
        if (epoch <= _options.WarmUp) return Decision.Continue(next, $"no trial is stopped in its first {_options.WarmUp} epochs");
        if (rung.Count <= _options.Startup)
            return Decision.Continue(next, $"{rung.Count - 1} other trials have come to epoch {epoch}; it takes {_options.Startup}");
        var (best, median) = (trial.Measurements.Min(measured => context.History.Loss(measured.Value)), rung.Median());
        var comparison = $"its best value is {AsValue(best)}, the median of {rung.Count} trials at epoch {epoch} {AsValue(median)}";
        return best <= median ? Decision.Continue(next, comparison) : Decision.Stop(comparison);

        double AsValue(double loss) => context.History.Goal == Goal.Minimise ? loss : -loss;
    }

    /// <inheritdoc/>
    public NextStep Next(StoppingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Openings.StartOrWait(context, Math.Min(context.Budget.Epochs, _options.WarmUp + 1));
    }
}
