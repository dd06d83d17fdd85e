using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// Asynchronous successive halving (Li and others, arXiv 1810.05934) that only ever stops: a trial trains on past a rung when it is in the best 1/factor of those that have
/// come there so far, itself among them, and always when it is the best of them. No trial waits, so devices are never idle; early trials have it easier than in the
/// synchronous form.
/// </summary>
public sealed class AshaStopping(AshaOptions? options = null) : IStoppingRule
{
    private readonly AshaOptions _options = options ?? new();

    /// <inheritdoc/>
    public string Name => "asha";

    /// <inheritdoc/>
    public SweepPlan Plan(SweepBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        List<PlannedRung> planned = [];
        var (coming, before, epochs) = ((double)budget.Trials, 0, 0.0);
        foreach (var rung in RungsOf(budget))
        {
            planned.Add(new(0, rung, coming));
            epochs += coming * (rung - before);
            (coming, before) = (Survivors(coming), rung);
        }
        planned.Add(new(0, budget.Epochs, coming));
        epochs += coming * (budget.Epochs - before);
        return new(budget.Trials, budget.Epochs, planned, epochs, $"a trial in the best 1/{_options.Factor} of its rung so far trains on");
    }

    /// <inheritdoc/>
    public Decision Decide(StoppingContext context, Trial trial)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (end, rungs) = (context.Budget.Epochs, RungsOf(context.Budget));
        if (Openings.FinishedAfter(end, trial) is { } finished) return finished;
        var next = Rungs.After(rungs, trial.Epochs, end);
        var before = trial.Measurements.Count > 1 ? trial.Measurements[^2].Epoch : 0;
        if (Rungs.Passed(rungs, before, trial.Epochs) is not { } epoch) return Decision.Continue(next, $"between rungs, until epoch {next}");
        var rung = context.History.Rung(trial.Bracket, epoch);
        var place = rung.CountBetter(context.History.Loss(trial.Measurements[^1].Value)) + 1;
        var places = Places(rung.Count);
        var standing = $"place {place} of {rung.Count} at epoch {epoch}, {places} train on";
        return place <= places ? Decision.Continue(next, standing) : Decision.Stop(standing);
    }

    /// <inheritdoc/>
    public NextStep Next(StoppingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Openings.StartOrWait(context, Rungs.After(RungsOf(context.Budget), 0, context.Budget.Epochs));
    }

    private IReadOnlyList<int> RungsOf(SweepBudget budget) => Rungs.Of(_options.First, _options.Factor, budget.Epochs);

    private int Places(int count) => Math.Max(1, count / _options.Factor);

    // The i-th to come is equally likely to take any of i places.
    private double Survivors(double coming)
    {
        var survivors = 0.0;
        for (var i = 1; i <= Math.Ceiling(coming); i++) survivors += (double)Places(i) / i * Math.Min(1, coming - (i - 1));
        return survivors;
    }
}
