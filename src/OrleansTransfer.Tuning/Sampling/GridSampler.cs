using System.Runtime.CompilerServices;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// Every combination, the last parameter varying fastest: all values of parameters that have finitely many, evenly spaced ones of the others. What
/// failed is suggested again, before anything new. Exhausted when all are covered.
/// </summary>
/// <param name="points">Values of a parameter that has no end of them, from one bound to the other (geometric on a logarithmic scale); at least
/// 2.</param>
public sealed class GridSampler(int points = 5) : ISampler
{
    /// <summary>Times that a configuration may fail before it is left out.</summary>
    private const int Failures = 3;

    // The first cell that was not covered when last looked: those before it can only come back by failing.
    private readonly ConditionalWeakTable<TrialHistory, StrongBox<long>> _reached = [];

    /// <inheritdoc/>
    public string Name => "grid";

    /// <inheritdoc/>
    public Suggestion Suggest(SamplerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (space, history) = (context.Space, context.History);
        foreach (var failed in history.Failed.GroupBy(number => history.Trials[number].Configuration))
            if (failed.Count() < Failures && history.Find(failed.Key) is null) return new(failed.Key, "again, for it failed before");
        var given = history.Failed.Select(number => history.Trials[number].Configuration).ToHashSet();
        var grid = new Grid(space, points);
        var reached = _reached.GetOrCreateValue(history);
        for (var cell = Volatile.Read(ref reached.Value); cell < grid.Count; cell++)
        {
            if (grid.At(cell) is not { } configuration || history.Find(configuration) is not null || given.Contains(configuration)) continue;
            Volatile.Write(ref reached.Value, cell);
            return new(configuration, $"cell {cell + 1} of {grid.Count}");
        }
        Volatile.Write(ref reached.Value, grid.Count);
        return Suggestion.Exhausted;
    }
}
