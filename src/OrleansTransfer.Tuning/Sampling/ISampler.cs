using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// Suggests what to try next. The contract, which every implementation is tested against:
/// <list type="bullet">
/// <item>A suggestion is a pure function of the context: the same space, history and seed give the same suggestion, in this process or another. What
/// is kept between calls may only save work.</item>
/// <item>It is a configuration of the space: within bounds, on steps, conditions kept.</item>
/// <item>Trials that run or wait count: two suggestions in a row, with no result between them, differ where the space allows it.</item>
/// <item>Infeasible trials are the worst there are. Failed trials say nothing.</item>
/// <item>A configuration that a trial had, which did not fail, is not suggested again. When there is no other, the space is exhausted.</item>
/// <item>No history makes it throw: not an empty one, nor one of failed or infeasible trials alone, of equal values, or of trials added by
/// hand.</item>
/// <item>Safe to use from several threads, each with a history of its own.</item>
/// </list>
/// </summary>
public interface ISampler
{
    /// <summary>What recipes call it.</summary>
    string Name { get; }

    /// <summary>The next configuration, or that there is none left.</summary>
    Suggestion Suggest(SamplerContext context);
}

/// <summary>All that a suggestion depends on.</summary>
/// <param name="Space">What may be varied.</param>
/// <param name="History">All trials so far, running ones among them; the suggestion is for number <c>History.Trials.Count</c>.</param>
/// <param name="Seed">The sweep's seed.</param>
public sealed record SamplerContext(SearchSpace Space, TrialHistory History, long Seed)
{
    /// <summary>Random numbers for this suggestion, from the start at each call.</summary>
    public RandomStream Random() => RandomStream.For(Seed, History.Trials.Count);
}

/// <summary>What a sampler answers.</summary>
/// <param name="Configuration">What to try; null when the space is exhausted.</param>
/// <param name="Reason">How it came about, for people.</param>
public sealed record Suggestion(Configuration? Configuration, string Reason)
{
    /// <summary>There is nothing left to try.</summary>
    public static Suggestion Exhausted { get; } = new(null, "every configuration of the space has been tried");
}
