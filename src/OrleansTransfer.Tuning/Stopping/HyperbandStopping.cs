using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// Hyperband (Li and others, JMLR 18, 2018): several brackets of successive halving, from cautious to bold, because nobody knows how much a few
/// epochs say of many. A trial waits at a rung, without a device, until its whole bracket has come there; then the best 1/factor train on from their
/// checkpoints and the others end. While a bracket waits, devices work on the next ones. The epochs of the budget stay as they are once trials have
/// started.
/// </summary>
public sealed class HyperbandStopping(HyperbandOptions? options = null) : IStoppingRule
{
    private readonly HyperbandOptions _options = options ?? new();

    /// <inheritdoc/>
    public string Name => "hyperband";

    /// <inheritdoc/>
    public SweepPlan Plan(SweepBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        var brackets = BracketsOf(budget);
        var coming = new SortedDictionary<(int Bracket, int Epoch), double>();
        var epochs = 0.0;
        for (int bracket = 0, left = budget.Trials; left > 0; left -= brackets.Size(bracket++))
        {
            var (came, before) = (Math.Min(left, brackets.Size(bracket)), 0);
            foreach (var epoch in brackets.Rungs(bracket).Append(budget.Epochs))
            {
                var rung = (bracket % brackets.Kinds, epoch);
                coming[rung] = coming.GetValueOrDefault(rung) + came;
                epochs += (double)came * (epoch - before);
                (came, before) = (brackets.Survivors(came), epoch);
            }
        }
        return new(budget.Trials, budget.Epochs, [.. coming.Select(rung => new PlannedRung(rung.Key.Bracket, rung.Key.Epoch, rung.Value))], epochs,
            $"{brackets.Kinds} kinds of brackets; the best 1/{_options.Factor} of a rung train on");
    }

    /// <inheritdoc/>
    public Decision Decide(StoppingContext context, Trial trial)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(trial);
        if (Openings.FinishedAfter(context.Budget.Epochs, trial) is { } finished) return finished;
        return trial.Epochs < trial.Until
            ? Decision.Continue(trial.Until, $"until epoch {trial.Until}, with bracket {trial.Bracket}")
            : Decision.Pause($"waits at epoch {trial.Epochs} for the others of bracket {trial.Bracket}");
    }

    /// <inheritdoc/>
    public NextStep Next(StoppingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (history, end) = (context.History, context.Budget.Epochs);
        var brackets = BracketsOf(context.Budget);
        var judged = -1;
        foreach (var number in history.Paused)
        {
            var bracket = history.Trials[number].Bracket;
            if (bracket == judged) continue;
            judged = bracket;
            if (Judge(context, brackets, bracket) is { } step) return step;
        }
        if (context.Left > 0)
        {
            var bracket = brackets.Of(history.Trials.Count);
            return NextStep.Start(bracket, Rungs.After(brackets.Rungs(bracket), 0, end), $"bracket {bracket}");
        }
        return history.Running.Count > 0
            ? NextStep.Wait($"all {context.Budget.Trials} trials are started; {history.Running.Count} still run")
            : NextStep.Done($"all {context.Budget.Trials} trials are over");
    }

    // What becomes of one of the trials of a bracket that wait at its lowest rung; null as long as others may still come there.
    private NextStep? Judge(StoppingContext context, HyperbandBrackets brackets, int bracket)
    {
        var history = context.History;
        var first = brackets.First(bracket);
        var last = Math.Min(first + brackets.Size(bracket), history.Trials.Count) - 1;
        if (last < first + brackets.Size(bracket) - 1 && context.Left > 0) return null;
        var members = Enumerable.Range(first, last - first + 1).Select(number => history.Trials[number]).ToArray();
        var rung = members.Where(trial => trial.State == TrialState.Paused).Min(trial => trial.Until);
        if (members.Any(trial => trial.State == TrialState.Running && trial.Until <= rung)) return null;
        var came = members.Where(trial => trial.Epochs >= rung).OrderBy(trial => LossAt(history, trial, rung)).ThenBy(trial => trial.Number).ToList();
        var survivors = brackets.Survivors(came.Count);
        var place = came.FindIndex(trial => trial.State == TrialState.Paused && trial.Until == rung);
        var reason = $"place {place + 1} of {came.Count} at epoch {rung} of bracket {bracket}, {survivors} train on";
        return place < survivors
            ? NextStep.Resume(came[place].Number, Rungs.After(brackets.Rungs(bracket), rung, context.Budget.Epochs), reason)
            : NextStep.Stop(came[place].Number, reason);
    }

    private HyperbandBrackets BracketsOf(SweepBudget budget) => new(budget.Epochs, _options.Factor);

    private static double LossAt(TrialHistory history, Trial trial, int epoch) =>
        history.Loss(trial.Measurements.First(measured => measured.Epoch >= epoch).Value);
}
