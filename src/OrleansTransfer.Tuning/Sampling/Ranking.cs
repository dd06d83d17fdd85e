using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// The trials with an outcome, best first, where early stopping has left some with fewer epochs than others. Values of different epochs do not
/// compare, and that a trial ran to its end does not say that it was good: the first ones of a search meet no rivals. So trials are ranked by what
/// they measured at one epoch, the latest that enough of them came to (as BOHB chooses its model; Falkner and others, arXiv 1807.01774, section 3.3).
/// Those that were stopped before come next, the further the better; then infeasible ones.
/// </summary>
internal static class Ranking
{
    /// <param name="history">All trials.</param>
    /// <param name="enough">Share of the trials with a value that must have come to the epoch, 0 to 1.</param>
    /// <param name="most">Most trials to rank; of more, the best completed ones and those that ended last.</param>
    public static IReadOnlyList<Trial> Of(TrialHistory history, double enough, int most = int.MaxValue)
    {
        var trials = Among(history, most).Select(number => history.Trials[number]).ToArray();
        var level = LatestEpoch(history, trials, enough);
        Array.Sort(Array.ConvertAll(trials, trial => KeyOf(history, trial, level)), trials);
        return trials;
    }

    private static IEnumerable<int> Among(TrialHistory history, int most)
    {
        if (history.Observed.Count <= most) return history.Observed;
        var best = history.BestCompleted.Take(most / 4).ToHashSet();
        var newest = Enumerable.Range(1, history.Observed.Count).Select(back => history.Observed[^back]).Where(number => !best.Contains(number));
        return best.Concat(newest.Take(most - best.Count));
    }

    private static int LatestEpoch(TrialHistory history, Trial[] trials, double enough)
    {
        int[] epochs = [.. trials.Where(trial => double.IsFinite(history.Loss(trial))).Select(Reach).OrderDescending()];
        return epochs.Length == 0 ? 0 : epochs[Math.Min(epochs.Length - 1, (int)(enough * epochs.Length))];
    }

    private static Key KeyOf(TrialHistory history, Trial trial, int level)
    {
        var loss = history.Loss(trial);
        if (!double.IsFinite(loss)) return new(2, 0, loss, trial.Number);
        return Reach(trial) >= level ? new(0, 0, LossAt(history, trial, level), trial.Number) : new(1, -trial.Epochs, loss, trial.Number);
    }

    // A completed trial may have told its value without having measured on the way.
    private static int Reach(Trial trial) => trial.State == TrialState.Completed && trial.Epochs == 0 ? int.MaxValue : trial.Epochs;

    private static double LossAt(TrialHistory history, Trial trial, int level)
    {
        if (trial.State == TrialState.Completed && trial.Epochs <= level) return history.Loss(trial);
        foreach (var measured in trial.Measurements) if (measured.Epoch >= level) return history.Loss(measured.Value);
        return history.Loss(trial);
    }

    private readonly record struct Key(int Class, int Epochs, double Loss, int Number) : IComparable<Key>
    {
        public int CompareTo(Key other)
        {
            var order = Class.CompareTo(other.Class);
            if (order == 0) order = Epochs.CompareTo(other.Epochs);
            if (order == 0) order = Loss.CompareTo(other.Loss);
            return order == 0 ? Number.CompareTo(other.Number) : order;
        }
    }
}
