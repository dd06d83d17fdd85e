using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>
/// A sweep as its ledger tells it. Everything that changes goes through an entry, so that whoever reads the ledger again arrives at the same book. Used by
/// one grain or reader, so it needs no locks.
/// </summary>
internal sealed class SweepBook
{
    private readonly SweepSubmission _submission;
    private readonly DateTimeOffset _created;
    private readonly TimeProvider _time;
    private readonly Dictionary<int, TrialFacts> _facts = [];
    private readonly SortedSet<int> _unsettled = [];
    private readonly List<SweepEntry> _unwritten = [];
    private readonly List<Shown> _shown = [];

    // Trials by when they last changed, the last at the end. Revisions are this book's own: another one read from the same ledger may know less.
    private readonly LinkedList<(int Trial, long Revision)> _changes = new();
    private readonly Dictionary<int, LinkedListNode<(int Trial, long Revision)>> _changed = [];
    private readonly string _name = Guid.NewGuid().ToString("N")[..8];
    private long _revision;
    private DateTimeOffset _updated;
    private TimeSpan _active;

    /// <param name="submission">What the sweep is about.</param>
    /// <param name="created">When it was submitted.</param>
    /// <param name="entries">Its ledger.</param>
    /// <param name="time">The clock.</param>
    public SweepBook(SweepSubmission submission, DateTimeOffset created, IReadOnlyList<SweepEntry> entries, TimeProvider time)
    {
        (_submission, _created, _updated, _time, Budget) = (submission, created, created, time, submission.Search.Budget);
        foreach (var entry in entries) Apply(entry);
        Study = Study.Replay(
            SearchStudies.SettingsOf(submission.Recipe, submission.Search with { Budget = Budget }),
            entries.Select(entry => entry.Trial).OfType<TrialEvent>());
        Study.Recorded += happened => Note(new() { Trial = happened });
    }

    /// <summary>The search itself.</summary>
    public Study Study { get; }

    /// <summary>What trials have in common.</summary>
    public Recipe Recipe => _submission.Recipe;

    /// <summary>What they differ in.</summary>
    public SearchRecipe Search => _submission.Search;

    /// <summary>Where the sweep stands.</summary>
    public SweepState State { get; private set; }

    /// <summary>Why.</summary>
    public string? Reason { get; private set; }

    /// <summary>What it may use.</summary>
    public SweepBudgetRecipe Budget { get; private set; }

    /// <summary>Who drives it, or drove it last.</summary>
    public ExperimentOwner? Owner { get; private set; }

    /// <summary>Time in which it ran up to its last entry: pauses, and the time in which nobody drove it, left out.</summary>
    public TimeSpan Active => _active;

    /// <summary>The same up to now, for the one who drives it.</summary>
    public TimeSpan ActiveUntilNow => State == SweepState.Running ? _active + (_time.GetUtcNow() - _updated) : _active;

    /// <summary>Devices' seconds of training of trials that have ended or paused.</summary>
    public double DeviceSeconds { get; private set; }

    /// <summary>Numbers of trials whose experiment may still train.</summary>
    public IReadOnlyList<int> Unsettled => [.. _unsettled];

    /// <summary>Entries that are not in the ledger yet.</summary>
    public IReadOnlyList<SweepEntry> Unwritten => _unwritten;

    /// <summary>What is known of a trial's experiment; null before it had one.</summary>
    public TrialFacts? FactsOf(int trial) => _facts.GetValueOrDefault(trial);

    /// <summary>Notes that an experiment is started for a trial, or goes on.</summary>
    /// <param name="trial">Number of the trial.</param>
    /// <param name="experiment">Its experiment.</param>
    /// <param name="step">Steps that the experiment has done.</param>
    /// <param name="fruitless">How many attempts in a row before this one brought no step.</param>
    /// <param name="inherited">Whose weights it goes on with; null for its own.</param>
    public void NoteAttempt(int trial, string experiment, long step = 0, int fruitless = 0, InheritedEntry? inherited = null) =>
        Note(new() { Attempt = new(trial, (FactsOf(trial)?.Attempts ?? 0) + 1, experiment, step, fruitless, inherited) });

    /// <summary>Notes that a trial's experiment has ended.</summary>
    public void NoteSettled(int trial, double deviceSeconds) => Note(new() { Settled = new(trial, deviceSeconds) });

    /// <summary>Notes a change of state.</summary>
    public void NoteState(SweepState state, string? reason) => Note(new() { State = new(state, reason) });

    /// <summary>Notes another budget, which counts at once.</summary>
    public void NoteBudget(SweepBudgetRecipe budget)
    {
        Note(new() { Budget = budget });
        Study.Budget = new(budget.Trials, Recipe.Training.Epochs);
    }

    /// <summary>Notes who drives the sweep from now on.</summary>
    public void NoteOwner(ExperimentOwner owner) => Note(new() { Owner = owner });

    /// <summary>Forgets that so many entries are not written.</summary>
    public void Written(int entries) => _unwritten.RemoveRange(0, entries);

    /// <summary>The sweep as its users see it. What did not change since it was last asked for is the same object.</summary>
    /// <param name="since">Revision of an earlier snapshot, for the trials alone that changed since; null, or one that is not known, for all.</param>
    public SweepSnapshot Snapshot(string? since = null)
    {
        for (var number = _shown.Count; number < Study.Count; number++) _shown.Add(default);
        var changes = ChangesSince(since);
        return new()
        {
            Id = _submission.Id,
            State = State,
            Reason = Reason,
            Recipe = Recipe,
            Search = Search with { Budget = Budget },
            Trials = changes is null ? [.. Study.Trials.Select(ShownAs)] : [.. changes.Select(number => ShownAs(Study.Get(number)))],
            Since = changes is null ? null : since,
            Revision = $"{_name}-{_revision}",
            Best = Study.Best?.Number,
            Epochs = Study.Epochs,
            DeviceHours = DeviceSeconds / 3600,
            Waiting = Study.Waiting,
            Created = _created,
            Updated = _updated,
            Owner = Owner,
        };
    }

    // By number; null for all.
    private List<int>? ChangesSince(string? since)
    {
        if (since?.Split('-') is not [var name, var text] || name != _name || !long.TryParse(text, out var revision)) return null;
        var changes = new List<int>();
        for (var change = _changes.Last; change is not null && change.Value.Revision > revision; change = change.Previous)
            changes.Add(change.Value.Trial);
        changes.Sort();
        return changes;
    }

    private void Touch(SweepEntry entry)
    {
        _revision++;
        if ((entry.Trial?.Trial ?? entry.Attempt?.Trial ?? entry.Settled?.Trial ?? -1) is not (>= 0 and var number)) return;
        if (_changed.TryGetValue(number, out var node)) _changes.Remove(node);
        _changed[number] = _changes.AddLast((number, _revision));
    }

    private SweepTrial ShownAs(Trial trial)
    {
        var (facts, shown) = (FactsOf(trial.Number), _shown[trial.Number]);
        if (ReferenceEquals(shown.Trial, trial) && ReferenceEquals(shown.Facts, facts)) return shown.As;
        _shown[trial.Number] = new(trial, facts, Show(trial, facts));
        return _shown[trial.Number].As;
    }

    private SweepTrial Show(Trial trial, TrialFacts? facts) => new()
    {
        Number = trial.Number,
        State = trial.State.ToString(),
        Parameters = SearchStudies.TextsOf(trial.Configuration),
        Experiment = facts?.Experiment,
        Epochs = trial.Epochs,
        Value = trial.Value ?? (trial.Measurements.Count > 0 ? trial.Measurements[^1].Value : null),
        Measurements = [.. trial.Measurements.Select(measured => new TrialMeasurement(measured.Epoch, measured.Value))],
        Reason = trial.Reason,
        Attempts = Math.Max(1, facts?.Attempts ?? 0),
        DeviceSeconds = facts?.DeviceSeconds ?? 0,
        SameAs = trial.DuplicateOf,
        Started = facts?.Started ?? _created,
        Ended = trial.IsOver ? facts?.Ended : null,
        Lineage = [.. trial.Exploits.Select((exploit, i) => Show(exploit, i < facts?.Inherited.Count ? facts.Inherited[i].Weights : null))],
    };

    private static TrialOrigin Show(Exploit exploit, InheritedWeights? weights) =>
        new(exploit.Epoch, exploit.From, SearchStudies.TextsOf(exploit.Before), weights?.Checkpoint, weights?.Epoch);

    private void Note(SweepEntry entry)
    {
        entry = entry with { Time = _time.GetUtcNow() };
        _unwritten.Add(entry);
        Apply(entry);
    }

    private void Apply(SweepEntry entry)
    {
        // Whoever takes over does not know what became of the time since the last entry: nobody drove the sweep.
        if (State == SweepState.Running && entry.Owner is null && entry.Time > _updated) _active += entry.Time - _updated;
        if (entry.Time > _updated) _updated = entry.Time;
        Touch(entry);
        switch (entry)
        {
            case { Attempt: { } attempt }:
                var facts = _facts.TryGetValue(attempt.Trial, out var known) ? known : new(attempt.Experiment, entry.Time);
                _facts[attempt.Trial] = facts with
                {
                    Experiment = attempt.Experiment,
                    Attempts = attempt.Number,
                    Step = attempt.Step,
                    Fruitless = attempt.Fruitless,
                    Settled = false,
                    Inherited = attempt.Inherited is { } inherited ? [.. facts.Inherited, inherited] : facts.Inherited,
                };
                _unsettled.Add(attempt.Trial);
                break;
            case { Settled: { } settled }:
                if (_facts.TryGetValue(settled.Trial, out var ended))
                {
                    _facts[settled.Trial] = ended with { Settled = true, DeviceSeconds = settled.DeviceSeconds, Ended = entry.Time };
                    DeviceSeconds += settled.DeviceSeconds - ended.DeviceSeconds;
                }
                _unsettled.Remove(settled.Trial);
                break;
            case { State: { } state }:
                (State, Reason) = (state.State, state.Reason);
                break;
            case { Budget: { } budget }:
                Budget = budget;
                break;
            case { Owner: { } owner }:
                Owner = owner;
                break;
        }
    }

    /// <summary>A trial as it was shown last, and what that was made of.</summary>
    private readonly record struct Shown(Trial Trial, TrialFacts? Facts, SweepTrial As);
}

/// <summary>What a sweep knows of a trial's experiment.</summary>
/// <param name="Experiment">Its id.</param>
/// <param name="Started">When the trial was first started.</param>
internal sealed record TrialFacts(string Experiment, DateTimeOffset Started)
{
    /// <summary>How often it was started.</summary>
    public int Attempts { get; init; }

    /// <summary>Steps that its experiment had done when it was last started.</summary>
    public long Step { get; init; }

    /// <summary>How many attempts in a row before the present one brought no step.</summary>
    public int Fruitless { get; init; }

    /// <summary>Whose weights it went on with, one for each exploit of the trial that is carried out.</summary>
    public IReadOnlyList<InheritedEntry> Inherited { get; init; } = [];

    /// <summary>Number of the first event of its experiment that counts: those before it are of weights that were given up.</summary>
    public long NextEvent => Inherited.Count > 0 ? Inherited[^1].NextEvent : 1;

    /// <summary>Whether it has ended, and nothing of it is awaited.</summary>
    public bool Settled { get; init; }

    /// <summary>Seconds of training of all its devices together.</summary>
    public double DeviceSeconds { get; init; }

    /// <summary>When it ended last.</summary>
    public DateTimeOffset? Ended { get; init; }
}
