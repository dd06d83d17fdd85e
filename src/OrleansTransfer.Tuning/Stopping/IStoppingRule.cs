using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>
/// Decides which trials train on. The contract, which every implementation is tested against:
/// <list type="bullet">
/// <item>An answer is a pure function of the context and the trial. What is kept between calls may only save work.</item>
/// <item>Every answer has a reason that a person understands.</item>
/// <item>No trial trains more than <see cref="SweepBudget.Epochs"/>, and no more than <see cref="SweepBudget.Trials"/> trials that did not fail are
/// started.</item>
/// <item>Carrying out <see cref="Next"/> whenever a device is free, and <see cref="Decide"/> whenever a trial has measured, comes to
/// <see cref="NextStepKind.Done"/>, whatever ends the trials meet.</item>
/// <item>What an answer costs does not grow with the number of trials that are over.</item>
/// </list>
/// </summary>
public interface IStoppingRule
{
    /// <summary>What recipes call it.</summary>
    string Name { get; }

    /// <summary>What the rule would do with a budget, before any trial has run.</summary>
    SweepPlan Plan(SweepBudget budget);

    /// <summary>What becomes of a running trial, whose newest measurement is in the history.</summary>
    Decision Decide(StoppingContext context, Trial trial);

    /// <summary>What to do with a device that is free.</summary>
    NextStep Next(StoppingContext context);
}

/// <summary>All that a decision depends on.</summary>
/// <param name="Space">What may be varied.</param>
/// <param name="History">All trials so far.</param>
/// <param name="Budget">What the search may use; it may have grown since the last question.</param>
/// <param name="Seed">The sweep's seed.</param>
public sealed record StoppingContext(SearchSpace Space, TrialHistory History, SweepBudget Budget, long Seed)
{
    /// <summary>Trials that may still be started.</summary>
    internal int Left => Budget.Trials - (History.Trials.Count - History.Failed.Count);
}
