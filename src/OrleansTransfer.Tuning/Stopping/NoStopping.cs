using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>Every trial runs to its end.</summary>
public sealed class NoStopping : IStoppingRule
{
    /// <inheritdoc/>
    public string Name => "none";

    /// <inheritdoc/>
    public SweepPlan Plan(SweepBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        var epochs = (double)budget.Trials * budget.Epochs;
        return new(budget.Trials, budget.Epochs, [new(0, budget.Epochs, budget.Trials)], epochs, "every trial runs to its end");
    }

    /// <inheritdoc/>
    public Decision Decide(StoppingContext context, Trial trial)
    {
        ArgumentNullException.ThrowIfNull(context);
        var epochs = context.Budget.Epochs;
        return Openings.FinishedAfter(epochs, trial) ?? Decision.Continue(epochs, "no trial is stopped early");
    }

    /// <inheritdoc/>
    public NextStep Next(StoppingContext context) => Openings.StartOrWait(context, context.Budget.Epochs);
}
