using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests;

/// <summary>Makes histories for tests.</summary>
internal static class Histories
{
    /// <summary>A history of these trials; all in bracket 0, numbered as they come.</summary>
    public static TrialHistory Of(params IEnumerable<(Configuration Configuration, TrialState State, double Value)> trials) =>
        Of(Goal.Minimise, trials);

    /// <inheritdoc cref="Of(IEnumerable{ValueTuple{Configuration, TrialState, double}})"/>
    public static TrialHistory Of(Goal goal, IEnumerable<(Configuration Configuration, TrialState State, double Value)> trials)
    {
        var history = new TrialHistory(goal);
        foreach (var (configuration, state, value) in trials)
        {
            var number = history.Trials.Count;
            history.Apply(new(number, TrialEventKind.Started) { Configuration = configuration, Until = 9 });
            if (state is TrialState.Stopped or TrialState.Paused) history.Apply(new(number, TrialEventKind.Measured) { Epoch = 1, Value = value });
            if (state == TrialState.Running) continue;
            var kind = Enum.Parse<TrialEventKind>(state.ToString());
            history.Apply(new(number, kind) { Value = state == TrialState.Completed ? value : null, Reason = "for the test" });
        }
        return history;
    }
}
