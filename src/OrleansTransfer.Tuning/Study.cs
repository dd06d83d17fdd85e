using OrleansTransfer.Tuning.Registration;
using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning;

/// <summary>
/// A search that is driven from outside: ask for a trial, report what it measures, tell how it ended. Whatever trains the trials, in this process or
/// on a cluster, is none of its business. Its state is its settings and its history, so it can be put down as a snapshot, or as the events that
/// <see cref="Recorded"/> hands out, and taken up again anywhere with the same suggestions to come.
/// </summary>
/// <remarks>
/// Safe to use from several threads: calls take turns. Messages may come twice or late: what is told of a trial that is over, or of an epoch it has
/// measured already, changes nothing.
/// </remarks>
public sealed class Study
{
    private readonly Lock _turn = new();
    private readonly ISampler _sampler;
    private readonly IStoppingRule _rule;
    private readonly TrialHistory _history;
    private StudySettings _settings;

    /// <summary>A study without trials.</summary>
    /// <param name="settings">What the study is about.</param>
    /// <param name="sampler">Takes the place of the sampler that the settings name.</param>
    /// <param name="rule">Takes the place of the stopping rule that the settings name.</param>
    /// <exception cref="SpaceException">The space is wrong; names all that is.</exception>
    /// <exception cref="TuningException">There is no such algorithm, or an option is wrong.</exception>
    public Study(StudySettings settings, ISampler? sampler = null, IStoppingRule? rule = null)
        : this(settings, new TrialHistory(settings.Goal), sampler, rule) { }

    private Study(StudySettings settings, TrialHistory history, ISampler? sampler, IStoppingRule? rule)
    {
        _settings = settings;
        _history = history;
        Space = new(settings.Parameters);
        _sampler = sampler ?? Samplers.Create(settings.Sampler.Name, settings.Sampler.Options);
        _rule = rule ?? StoppingRules.Create(settings.Stopping.Name, settings.Stopping.Options);
    }

    /// <summary>The study that <see cref="Snapshot"/> put down.</summary>
    /// <exception cref="TuningException">The text is no snapshot.</exception>
    public static Study Restore(string snapshot, ISampler? sampler = null, IStoppingRule? rule = null)
    {
        var (settings, trials, enqueued) = StudySnapshot.Parse(snapshot);
        return new(settings, TrialHistory.Of(settings.Goal, trials, enqueued), sampler, rule);
    }

    /// <summary>The study that the events, all that <see cref="Recorded"/> ever handed out and in that order, led to.</summary>
    /// <exception cref="TuningException">An event cannot follow those before it.</exception>
    public static Study Replay(StudySettings settings, IEnumerable<TrialEvent> events, ISampler? sampler = null, IStoppingRule? rule = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new(settings, TrialHistory.Of(settings.Goal, events), sampler, rule);
    }

    /// <summary>
    /// Hands out each change of the history as it is made, to be appended to a ledger: within the call that makes it, whose turn it is part of.
    /// </summary>
    public event Action<TrialEvent>? Recorded;

    /// <summary>What may be varied.</summary>
    public SearchSpace Space { get; }

    /// <summary>Which values of the metric are good.</summary>
    public Goal Goal => _settings.Goal;

    /// <summary>What the study may use. Setting it extends or cuts the search; running trials learn of it at their next decision.</summary>
    public SweepBudget Budget
    {
        get => Locked(() => _settings.Budget);
        set => Locked(() => _settings = _settings with { Budget = value });
    }

    /// <summary>All trials by number, as they are now.</summary>
    public IReadOnlyList<Trial> Trials => Locked(() => _history.Trials.ToArray());

    /// <summary>
    /// The completed trial with the best value, or, as long as none is completed, the stopped one; the first of equals; null for none.
    /// </summary>
    public Trial? Best => Locked(() => _history.Best);

    /// <summary>Number of trials.</summary>
    public int Count => Locked(() => _history.Trials.Count);

    /// <summary>Epochs that trials have measured, all together.</summary>
    public long Epochs => Locked(() => _history.Epochs);

    /// <summary>How many trials are in a state.</summary>
    public int CountOf(TrialState state) => Locked(() => _history.Count(state));

    /// <summary>The trials that run, by number, as they are now. Costs what they are, however many others there are.</summary>
    public IReadOnlyList<Trial> Running => Locked(() => _history.Running.Select(number => _history.Trials[number]).ToArray());

    /// <summary>The trials with an outcome that ended last, the last first.</summary>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<Trial> Ended(int most) => Locked(() =>
        Enumerable.Range(1, Math.Min(most, _history.Observed.Count)).Select(back => _history.Trials[_history.Observed[^back]]).ToArray());

    /// <summary>Configurations added by hand that wait to be started.</summary>
    public int Waiting => Locked(() => _history.Enqueued.Count);

    /// <summary>What the stopping rule would do with the budget.</summary>
    public SweepPlan Plan() => _rule.Plan(Budget);

    /// <summary>The trial of a number, as it is now.</summary>
    /// <exception cref="TuningException">There is none.</exception>
    public Trial Get(int number) => Locked(() => Find(number));

    /// <summary>Adds a configuration by hand: it is started before any that the sampler suggests, and counts like those.</summary>
    /// <exception cref="SpaceException">It is not of the space; names all that is wrong.</exception>
    public void Enqueue(Configuration configuration) => Locked(() =>
    {
        if (Space.Check(configuration) is { Count: > 0 } problems) throw new SpaceException(problems);
        return Record(new(-1, TrialEventKind.Enqueued) { Configuration = configuration });
    });

    /// <summary>Uses a free device: starts a trial, resumes or ends one that waits, or says that there is nothing to do.</summary>
    public StudyStep Next() => Locked(() =>
    {
        var step = _rule.Next(Context());
        return step.Kind == NextStepKind.Start ? Start(step) : CarryOut(step);
    });

    /// <summary>The next trial to train, until <see cref="Trial.Until"/>: a new one, or a promoted one; null when there is none now.</summary>
    public Trial? Ask()
    {
        while (true)
        {
            var step = Next();
            if (step.Kind != NextStepKind.Stop) return step.Trial;
        }
    }

    /// <summary>
    /// Takes a measurement of a running trial and decides on it. The decision is carried out in the history: a stopped trial is over, a paused one
    /// waits. A value that is not finite makes the trial infeasible.
    /// </summary>
    /// <param name="number">The trial.</param>
    /// <param name="epoch">Epochs trained, from 1.</param>
    /// <param name="value">The metric as the user sees it.</param>
    /// <exception cref="TuningException">There is no such trial, or no such epoch.</exception>
    public Decision Report(int number, int epoch, double value) => Locked(() =>
    {
        var trial = Find(number);
        if (epoch < 1) throw new TuningException($"Trial {number} reports epoch {epoch}; epochs count from 1.");
        if (trial.IsOver) return Decision.Stop($"trial {number} is {trial.State}: {trial.Reason}");
        if (trial.State == TrialState.Paused) return Decision.Pause(trial.Reason);
        if (!double.IsFinite(value))
        {
            Record(new(number, TrialEventKind.Infeasible) { Reason = $"the metric is {value} after epoch {epoch}" });
            return Decision.Stop(Find(number).Reason);
        }
        if (epoch <= trial.Epochs) return Decision.Continue(trial.Until, $"epoch {epoch} was reported before");
        Record(new(number, TrialEventKind.Measured) { Epoch = epoch, Value = value });
        var decision = _rule.Decide(Context(), Find(number));
        CarryOut(number, epoch, decision);
        return decision;
    });

    /// <summary>Ends a trial that has trained all its epochs.</summary>
    /// <param name="number">The trial.</param>
    /// <param name="value">Its final metric as the user sees it; one that is not finite makes it infeasible.</param>
    /// <returns>The trial as it is now.</returns>
    /// <exception cref="TuningException">There is no such trial.</exception>
    public Trial Tell(int number, double value) => End(number, double.IsFinite(value)
        ? new(number, TrialEventKind.Completed) { Value = value, Reason = "" }
        : new(number, TrialEventKind.Infeasible) { Reason = $"the final metric is {value}" });

    /// <summary>Ends a trial whose configuration does not work. Samplers learn to stay away from the like.</summary>
    /// <inheritdoc cref="Tell"/>
    public Trial Infeasible(int number, string reason) => End(number, new(number, TrialEventKind.Infeasible) { Reason = reason });

    /// <summary>Ends a trial that infrastructure kept from running, once it is not to be tried again. It does not count against the budget.</summary>
    /// <inheritdoc cref="Tell"/>
    public Trial Fail(int number, string reason) => End(number, new(number, TrialEventKind.Failed) { Reason = reason });

    /// <summary>Ends a trial early, for a reason of the caller's: its last measurement counts.</summary>
    /// <inheritdoc cref="Tell"/>
    public Trial Stop(int number, string reason) => End(number, new(number, TrialEventKind.Stopped) { Reason = reason });

    /// <summary>The whole study as JSON.</summary>
    public string Snapshot() => Locked(() => new StudySnapshot(_settings, _history.Trials, [.. _history.Enqueued]).ToJson());

    private StudyStep Start(NextStep step)
    {
        var suggestion = _history.Enqueued.Count > 0
            ? new(_history.Enqueued.First(), "added by hand")
            : _sampler.Suggest(new(Space, _history, _settings.Seed));
        if (suggestion.Configuration is { } configuration)
        {
            var number = _history.Trials.Count;
            Record(new(number, TrialEventKind.Started)
            {
                Configuration = configuration,
                Bracket = step.Bracket,
                Until = step.Until,
                Reason = suggestion.Reason,
            });
            return new(NextStepKind.Start, Find(number), $"{step.Reason}: {suggestion.Reason}");
        }
        // No new trial will ever come: those that wait at a rung are judged among those that are there.
        var started = Math.Max(1, _history.Trials.Count - _history.Failed.Count);
        var rest = _rule.Next(Context() with { Budget = _settings.Budget with { Trials = started } });
        return rest.Kind switch
        {
            NextStepKind.Resume or NextStepKind.Stop => CarryOut(rest),
            _ => new(_history.Running.Count > 0 ? NextStepKind.Wait : NextStepKind.Done, null, suggestion.Reason),
        };
    }

    private StudyStep CarryOut(NextStep step)
    {
        if (step.Kind == NextStepKind.Resume) Record(new(step.Trial, TrialEventKind.Resumed) { Until = step.Until, Reason = step.Reason });
        if (step.Kind == NextStepKind.Stop) Record(new(step.Trial, TrialEventKind.Stopped) { Reason = step.Reason });
        return new(step.Kind, step.Trial < 0 ? null : Find(step.Trial), step.Reason);
    }

    private void CarryOut(int number, int epoch, Decision decision)
    {
        switch (decision.Kind)
        {
            case DecisionKind.Continue when decision.Until != Find(number).Until:
                Record(new(number, TrialEventKind.Resumed) { Until = decision.Until, Reason = decision.Reason });
                break;
            case DecisionKind.Stop:
                Record(new(number, TrialEventKind.Stopped) { Reason = decision.Reason });
                break;
            case DecisionKind.Pause:
                Record(new(number, TrialEventKind.Paused) { Reason = decision.Reason });
                break;
            case DecisionKind.Exploit:
                Record(new(number, TrialEventKind.Exploited)
                {
                    Epoch = epoch,
                    From = decision.From,
                    Configuration = decision.Configuration,
                    Until = decision.Until,
                    Reason = decision.Reason,
                });
                break;
        }
    }

    private Trial End(int number, TrialEvent happened) => Locked(() =>
    {
        if (!Find(number).IsOver) Record(happened);
        return Find(number);
    });

    private StoppingContext Context() => new(Space, _history, _settings.Budget, _settings.Seed);

    private Trial Find(int number) => number >= 0 && number < _history.Trials.Count
        ? _history.Trials[number]
        : throw new TuningException($"There is no trial {number}; there are {_history.Trials.Count}, from 0.");

    private TrialEvent Record(TrialEvent happened)
    {
        _history.Apply(happened);
        Recorded?.Invoke(happened);
        return happened;
    }

    private T Locked<T>(Func<T> call)
    {
        lock (_turn) return call();
    }
}
