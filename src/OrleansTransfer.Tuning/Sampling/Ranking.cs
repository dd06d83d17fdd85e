using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// The trials with an outcome, best first: completed ones by loss; then stopped ones, those that came further first, by their last loss; then infeasible ones.
/// </summary>
internal static class Ranking
{
    public static IReadOnlyList<Trial> Of(TrialHistory history)
    {
        var trials = history.Observed.Select(number => history.Trials[number]).ToArray();
        var keys = Array.ConvertAll(trials, trial => new Key(
            trial.State == TrialState.Completed ? 0 : double.IsFinite(history.Loss(trial)) ? 1 : 2,
            trial.State == TrialState.Completed ? 0 : -trial.Epochs,
            history.Loss(trial),
            trial.Number));
        Array.Sort(keys, trials);
        return trials;
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
