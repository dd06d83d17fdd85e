using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Trials;

/// <summary>
/// Every trial of a sweep, finished or not. Samplers and stopping rules read it and cannot change it. What they ask often (ranks in a rung, which
/// configurations there are, how many trials run) is kept up to date by each event, at a cost that does not grow with the history. For one thread at
/// a time.
/// </summary>
public sealed class TrialHistory
{
    /// <summary>How many of the best trials are kept at hand: more than any sampler asks for.</summary>
    internal const int Elite = 256;

    private readonly int[] _states = new int[Enum.GetValues<TrialState>().Length];
    private readonly List<Trial> _trials = [];
    private readonly List<int> _observed = [];
    private readonly SortedSet<int> _running = [], _paused = [], _failed = [];
    private readonly Dictionary<Configuration, int> _first = [];
    private readonly Dictionary<(int Bracket, int Epoch), Rung> _rungs = [];
    private readonly Dictionary<int, List<Rung>> _rungsOf = [];
    private readonly Queue<Configuration> _enqueued = [];
    private readonly SortedSet<(double Loss, int Number)> _completed = [], _stopped = [];

    /// <summary>A history without trials.</summary>
    public TrialHistory(Goal goal) => Goal = goal;

    /// <summary>The history that the events led to.</summary>
    /// <exception cref="TuningException">An event cannot follow those before it.</exception>
    public static TrialHistory Of(Goal goal, IEnumerable<TrialEvent> events)
    {
        var history = new TrialHistory(goal);
        foreach (var happened in events) history.Apply(happened);
        return history;
    }

    /// <summary>The history of these trials.</summary>
    /// <param name="goal">Which values are good.</param>
    /// <param name="trials">Numbered from 0 without a gap.</param>
    /// <param name="enqueued">Configurations that wait to be started, the next first.</param>
    public static TrialHistory Of(Goal goal, IEnumerable<Trial> trials, IEnumerable<Configuration> enqueued)
    {
        var history = new TrialHistory(goal);
        foreach (var trial in trials) history.Add(trial);
        history._observed.Sort((left, right) => history._trials[left].Order!.Value.CompareTo(history._trials[right].Order!.Value));
        foreach (var configuration in enqueued) history._enqueued.Enqueue(configuration);
        return history;
    }

    /// <summary>Which values are good.</summary>
    public Goal Goal { get; }

    /// <summary>All trials by number.</summary>
    public IReadOnlyList<Trial> Trials => _trials;

    /// <summary>Numbers of the trials with an outcome (completed, stopped, infeasible) in the order in which they ended. Only ever grows.</summary>
    public IReadOnlyList<int> Observed => _observed;

    /// <summary>Numbers of the trials that run, ascending.</summary>
    public IReadOnlyCollection<int> Running => _running;

    /// <summary>Numbers of the trials that wait at a rung, ascending.</summary>
    public IReadOnlyCollection<int> Paused => _paused;

    /// <summary>Numbers of the trials that infrastructure kept from running, ascending.</summary>
    public IReadOnlyCollection<int> Failed => _failed;

    /// <summary>Number of different configurations of trials that did not fail.</summary>
    public int Configurations => _first.Count;

    /// <summary>Configurations that were added by hand and wait to be started, the next first.</summary>
    public IReadOnlyCollection<Configuration> Enqueued => _enqueued;

    /// <summary>The first trial that has or had the configuration, failed ones aside; null for none.</summary>
    public int? Find(Configuration configuration) => _first.TryGetValue(configuration, out var number) ? number : null;

    /// <summary>Epochs that trials have measured, all together.</summary>
    public long Epochs { get; private set; }

    /// <summary>How many trials are in a state.</summary>
    public int Count(TrialState state) => _states[(int)state];

    /// <summary>The completed trial with the best value, or, as long as none is completed, the stopped one; the first of equals; null for
    /// none.</summary>
    public Trial? Best => _completed.Count > 0 ? _trials[_completed.Min.Number] : _stopped.Count > 0 ? _trials[_stopped.Min.Number] : null;

    /// <summary>Numbers of the best completed trials, at most <see cref="Elite"/>, the best first.</summary>
    internal IEnumerable<int> BestCompleted => _completed.Select(entry => entry.Number);

    /// <summary>A value of the metric as something to be minimised.</summary>
    public double Loss(double value) => Goal == Goal.Minimise ? value : -value;

    /// <summary>The loss of a trial with an outcome: infinite when infeasible, or stopped before it measured anything.</summary>
    public double Loss(Trial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return trial.State is TrialState.Completed or TrialState.Stopped && trial.Value is { } value ? Loss(value) : double.PositiveInfinity;
    }

    /// <summary>The losses of a bracket's trials at an epoch. Kept up to date from the first time it is asked for.</summary>
    public Rung Rung(int bracket, int epoch)
    {
        if (_rungs.TryGetValue((bracket, epoch), out var rung)) return rung;
        rung = new(epoch);
        foreach (var trial in _trials.Where(trial => trial.Bracket == bracket))
            foreach (var measured in trial.Measurements.Where(measured => measured.Epoch >= epoch).Take(1)) rung.Add(Loss(measured.Value));
        if (!_rungsOf.TryGetValue(bracket, out var rungs)) _rungsOf[bracket] = rungs = [];
        rungs.Add(rung);
        return _rungs[(bracket, epoch)] = rung;
    }

    /// <summary>Takes up what happened.</summary>
    /// <exception cref="TuningException">It cannot follow what happened before.</exception>
    internal void Apply(TrialEvent happened)
    {
        switch (happened.Kind)
        {
            case TrialEventKind.Enqueued:
                _enqueued.Enqueue(happened.Configuration!);
                return;
            case TrialEventKind.Started:
                Start(happened);
                return;
            default:
                if (happened.Trial < 0 || happened.Trial >= _trials.Count)
                    throw new TuningException($"There is no trial {happened.Trial} that could be {happened.Kind}; there are {_trials.Count}.");
                Change(_trials[happened.Trial], happened);
                return;
        }
    }

    private void Start(TrialEvent happened)
    {
        var configuration = happened.Configuration!;
        if (_enqueued.TryPeek(out var next) && next.Equals(configuration)) _enqueued.Dequeue();
        if (happened.Trial != _trials.Count) throw new TuningException($"The next trial is {_trials.Count}, not {happened.Trial}.");
        Add(new()
        {
            Number = happened.Trial,
            Configuration = configuration,
            Bracket = happened.Bracket ?? 0,
            Until = happened.Until ?? 0,
            Reason = happened.Reason ?? "",
            DuplicateOf = Find(configuration),
        });
    }

    private void Change(Trial trial, TrialEvent happened)
    {
        if (trial.IsOver) throw new TuningException($"Trial {trial.Number} is {trial.State} and cannot be {happened.Kind}.");
        var changed = trial with { Reason = happened.Reason ?? trial.Reason, Until = happened.Until ?? trial.Until };
        changed = happened.Kind switch
        {
            TrialEventKind.Measured => changed with { Measurements = [.. trial.Measurements, new(happened.Epoch!.Value, happened.Value!.Value)] },
            TrialEventKind.Exploited => changed with
            {
                Configuration = happened.Configuration!,
                Exploits = [.. trial.Exploits, new(happened.Epoch!.Value, happened.From!.Value, trial.Configuration)],
            },
            TrialEventKind.Paused => changed with { State = TrialState.Paused },
            TrialEventKind.Resumed => changed with { State = TrialState.Running },
            TrialEventKind.Completed => changed with { State = TrialState.Completed, Value = happened.Value, Order = _observed.Count },
            TrialEventKind.Stopped => changed with { State = TrialState.Stopped, Value = LastValue(trial), Order = _observed.Count },
            TrialEventKind.Infeasible => changed with { State = TrialState.Infeasible, Order = _observed.Count },
            TrialEventKind.Failed => changed with { State = TrialState.Failed },
            _ => throw new TuningException($"A trial cannot be {happened.Kind}."),
        };
        if (happened.Kind == TrialEventKind.Measured)
            foreach (var rung in _rungsOf.GetValueOrDefault(trial.Bracket, [])) rung.Offer(trial.Epochs, changed.Epochs, Loss(happened.Value!.Value));
        _trials[trial.Number] = changed;
        Leave(trial);
        Enter(changed);
        if (changed.State == TrialState.Failed) Forget(changed);
    }

    private void Add(Trial trial)
    {
        _trials.Add(trial);
        Enter(trial);
        foreach (var rung in _rungsOf.GetValueOrDefault(trial.Bracket, []))
            foreach (var measured in trial.Measurements.Where(measured => measured.Epoch >= rung.Epoch).Take(1)) rung.Add(Loss(measured.Value));
    }

    private void Enter(Trial trial)
    {
        if (trial.State != TrialState.Failed)
            foreach (var configuration in trial.Exploits.Select(exploit => exploit.Before).Append(trial.Configuration))
                _first.TryAdd(configuration, trial.Number);
        _states[(int)trial.State]++;
        Epochs += trial.Epochs;
        if (trial.State == TrialState.Completed) Keep(_completed, trial);
        if (trial.State == TrialState.Stopped) Keep(_stopped, trial);
        switch (trial.State)
        {
            case TrialState.Running:
                _running.Add(trial.Number);
                break;
            case TrialState.Paused:
                _paused.Add(trial.Number);
                break;
            case TrialState.Failed:
                _failed.Add(trial.Number);
                break;
            default:
                _observed.Add(trial.Number);
                break;
        }
    }

    // The worst of too many goes: a trial that is over stays as it is.
    private void Keep(SortedSet<(double Loss, int Number)> best, Trial trial)
    {
        if (trial.Value is not { } value) return;
        best.Add((Loss(value), trial.Number));
        if (best.Count > Elite) best.Remove(best.Max);
    }

    private void Leave(Trial trial)
    {
        _states[(int)trial.State]--;
        Epochs -= trial.Epochs;
        if (trial.State == TrialState.Running) _running.Remove(trial.Number);
        else _paused.Remove(trial.Number);
    }

    // Of a trial that failed, the next with the same configuration takes the place.
    private void Forget(Trial trial)
    {
        foreach (var configuration in trial.Exploits.Select(exploit => exploit.Before).Append(trial.Configuration))
        {
            if (_first.GetValueOrDefault(configuration, -1) != trial.Number) continue;
            _first.Remove(configuration);
            if (_trials.Find(other => other.State != TrialState.Failed && other.Configuration.Equals(configuration)) is { } next)
                _first[configuration] = next.Number;
        }
    }

    private static double? LastValue(Trial trial) => trial.Measurements.Count > 0 ? trial.Measurements[^1].Value : null;
}
