using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// Asynchronous successive halving (Li and others, arXiv 1810.05934) that only ever stops: a trial trains on past a rung when it is in the best
/// 1/factor of those that have come there so far, itself among them, and always when it is the best of them. No trial waits, so devices are never
/// idle; early trials have it easier than in the synchronous form.
/// </summary>
public sealed class AshaStopping(AshaOptions? options = null) : IStoppingRule
{
    // Trials of all simulations of a plan: of more, as many come to each rung in proportion.
    private const int MostSimulated = 50_000;

    // The default first rung comes after this part of a full trial: three rungs of factor 3 before the end.
    private const int FirstShare = 27;

    private readonly AshaOptions _options = options ?? new();

    /// <inheritdoc/>
    public string Name => "asha";

    /// <inheritdoc/>
    public SweepPlan Plan(SweepBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        int[] epochs = [.. RungsOf(budget), budget.Epochs];
        var coming = new double[epochs.Length];
        var simulated = Math.Min(budget.Trials, MostSimulated);
        var runs = MostSimulated / simulated;
        for (var run = 0; run < runs; run++) Simulate(simulated, coming, RandomStream.For(run));
        for (var i = 0; i < coming.Length; i++) coming[i] *= (double)budget.Trials / simulated / runs;
        var expected = epochs.Select((epoch, i) => coming[i] * (epoch - (i > 0 ? epochs[i - 1] : 0))).Sum();
        return new(budget.Trials, budget.Epochs, [.. epochs.Select((epoch, i) => new PlannedRung(0, epoch, coming[i]))], expected,
            $"a trial in the best 1/{_options.Factor} of its rung so far trains on; a mean of {runs} simulations in which curves do not cross");
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

    private IReadOnlyList<int> RungsOf(SweepBudget budget) =>
        Rungs.Of(_options.First > 0 ? _options.First : Math.Max(1, budget.Epochs / FirstShare), _options.Factor, budget.Epochs);

    private int Places(int count) => Math.Max(1, count / _options.Factor);

    // Trials one after the other, of random quality; counts those that come to each rung.
    private void Simulate(int trials, double[] coming, RandomStream random)
    {
        var rungs = Array.ConvertAll(coming, _ => new SortedValues());
        for (var trial = 0; trial < trials; trial++)
        {
            var loss = random.NextDouble();
            for (var i = 0; i < rungs.Length; i++)
            {
                rungs[i].Add(loss);
                coming[i]++;
                if (rungs[i].CountBelow(loss) >= Places(rungs[i].Count)) break;
            }
        }
    }
}
