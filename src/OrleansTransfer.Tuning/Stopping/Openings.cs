namespace OrleansTransfer.Tuning.Stopping;

/// <summary>What rules that never pause a trial do with a free device.</summary>
internal static class Openings
{
    /// <summary>Starts a trial while the budget allows it.</summary>
    public static NextStep StartOrWait(StoppingContext context, int until)
    {
        var (history, budget) = (context.History, context.Budget);
        if (context.Left > 0) return NextStep.Start(0, until, $"trial {budget.Trials - context.Left + 1} of {budget.Trials}");
        return history.Running.Count > 0
            ? NextStep.Wait($"all {budget.Trials} trials are started; {history.Running.Count} still run")
            : NextStep.Done($"all {budget.Trials} trials are over");
    }

    /// <summary>Whether the trial has trained all its epochs, and what to answer then.</summary>
    public static Decision? FinishedAfter(int epochs, Trials.Trial trial) =>
        trial.Epochs >= epochs ? Decision.Finish($"trained all {epochs} epochs") : null;
}
