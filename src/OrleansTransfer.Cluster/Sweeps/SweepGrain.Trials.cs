using System.Text.RegularExpressions;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Learning;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>Starts trials, takes in what they measure, and ends them.</summary>
public sealed partial class SweepGrain
{
    private const int PageSize = 500, FruitlessAttempts = 5, SameFailures = 3, NewestJudged = 100;

    // How an experiment knows that it was the sweep that stopped it, and not its user.
    private const string HeldBySweep = "held by its sweep";

    private readonly Dictionary<int, long> _next = [];
    private readonly Dictionary<int, double> _seconds = [];

    /// <summary>Takes in what running trials have done since the last look.</summary>
    private async Task LookAsync()
    {
        var running = Book.Study.Running;
        foreach (var trial in running)
        {
            if (IsToInherit(trial)) await InheritAsync(trial);
            else if (Book.FactsOf(trial.Number) is null or { Settled: true }) await BeginAsync(trial);
        }
        var looked = running.Where(trial => Book.FactsOf(trial.Number) is { Settled: false } && !IsToInherit(trial));
        var seen = await Task.WhenAll(looked.Select(async trial =>
        {
            // In this order: what a run reports before it ends must not be missed.
            var snapshot = await Experiment(Book.FactsOf(trial.Number)!).Get();
            var page = snapshot is null ? [] : await EventsOfAsync(trial.Number);
            return (trial.Number, Snapshot: snapshot, Events: page);
        }));
        foreach (var (number, snapshot, events) in seen)
        {
            if (snapshot is null) await SubmitAsync(Book.Study.Get(number));
            else await TakeAsync(number, snapshot, events);
        }
    }

    private async Task<IReadOnlyList<ExperimentEvent>> EventsOfAsync(int number)
    {
        var all = new List<ExperimentEvent>();
        while (true)
        {
            var from = _next.GetValueOrDefault(number, Book.FactsOf(number)!.NextEvent);
            var page = await Experiment(Book.FactsOf(number)!).ReadEvents(from, PageSize, TimeSpan.Zero);
            if (page.Events.Count == 0) return all;
            all.AddRange(page.Events);
            _next[number] = page.Events[^1].Sequence + 1;
        }
    }

    private async Task TakeAsync(int number, ExperimentSnapshot snapshot, IReadOnlyList<ExperimentEvent> events)
    {
        _seconds[number] = DeviceSecondsOf(snapshot);
        foreach (var e in events.Where(e => e.Kind == "epoch"))
        {
            var figures = e.Values ?? new Dictionary<string, double>();
            var started = time.GetTimestamp();
            if (figures.TryGetValue(Book.Search.Metric, out var value)) Book.Study.Report(number, e.Epoch, value);
            else Book.Study.Infeasible(
                number, $"an epoch has no figure '{Book.Search.Metric}'; it has {string.Join(", ", figures.Keys.Order(StringComparer.Ordinal))}");
            Instruments.TrialJudged(time.GetElapsedTime(started).TotalSeconds);

            // What it measures from here on, it measures of weights that it gives up.
            if (Book.Study.Get(number) is var trial && (trial.State != TrialState.Running || IsToInherit(trial))) break;
        }
        if (Book.Study.Get(number) is { State: TrialState.Running } now && !IsToInherit(now) && snapshot.State.IsFinal())
            await ConcludeAsync(number, snapshot);
        if (Book.Study.Get(number) is { State: not TrialState.Running } ended) LogTrial(Id, number, ended.State, ended.Reason);
    }

    private async Task ConcludeAsync(int number, ExperimentSnapshot snapshot)
    {
        var study = Book.Study;
        switch (snapshot.State)
        {
            case ExperimentState.Completed:
                if (study.Get(number) is { Measurements: [.., var last] }) study.Tell(number, last.Value);
                else study.Infeasible(number, "it completed without having measured anything");
                break;
            case ExperimentState.Failed when !snapshot.InfrastructureFailed:
                study.Infeasible(number, snapshot.Reason ?? "it failed for a reason it did not give");
                break;
            case ExperimentState.Cancelled when snapshot.Reason?.StartsWith(HeldBySweep, StringComparison.Ordinal) != true:
                study.Stop(number, $"its experiment was cancelled: {snapshot.Reason}");
                break;
            case ExperimentState.Cancelled:
                // It was to go on after a pause, and whoever was to tell it so died first.
                await Experiment(Book.FactsOf(number)!).Resume(null, null);
                break;
            default:
                await RetryAsync(number, snapshot);
                break;
        }
    }

    // Machines failed, not the recipe: the same trial goes on from its newest checkpoint, as often as that brings it forward.
    private async Task RetryAsync(int number, ExperimentSnapshot snapshot)
    {
        var facts = Book.FactsOf(number)!;
        var fruitless = snapshot.Step > facts.Step ? 0 : facts.Fruitless + 1;
        if (fruitless >= FruitlessAttempts)
        {
            Book.Study.Fail(number, $"{fruitless} attempts in a row brought no step; the last: {snapshot.Reason}");
            return;
        }
        Book.NoteAttempt(number, facts.Experiment, snapshot.Step, fruitless);
        Instruments.TrialStarted("retry");
        await FlushAsync();
        await Experiment(facts).Resume(null, null);
    }

    /// <summary>Gets a trial that has a device under way: its experiment is submitted, or goes on.</summary>
    private async Task BeginAsync(Trial trial)
    {
        if (TakeOverTwin(trial)) return;
        var (facts, experiment) = (Book.FactsOf(trial.Number), $"{Id}-t{trial.Number}");
        if (facts is not null && await Experiment(facts).Get() is { State: ExperimentState.Completed or ExperimentState.Failed })
        {
            // It ended of itself just before it was to be held: there is nothing to go on with, but its end to take in.
            Book.NoteAttempt(trial.Number, facts.Experiment);
            return;
        }
        Book.NoteAttempt(trial.Number, experiment);
        Instruments.TrialStarted(facts is null ? "start" : "resume");
        await FlushAsync();
        if (facts is null) await SubmitAsync(trial);
        else await Experiment(facts).Resume(null, null);
    }

    /// <summary>Whether an earlier trial with the same values spares this one the training, or will have when it is over.</summary>
    private bool TakeOverTwin(Trial trial)
    {
        var study = Book.Study;

        // Members of a population part ways, whatever they begin with.
        if (Book.Search.Stopping.Type == SearchWords.PopulationBased) return false;
        if (trial.DuplicateOf is not { } number || trial.Measurements.Count > 0 || study.Get(number) is not { State: not TrialState.Failed } twin) return false;

        // One that waits at a rung may wait for the device that this one has.
        if (twin.State == TrialState.Paused) return false;
        if (!twin.IsOver) return true;
        foreach (var measured in twin.Measurements)
        {
            study.Report(trial.Number, measured.Epoch, measured.Value);
            if (study.Get(trial.Number).State != TrialState.Running) return true;
        }
        var reason = $"the same values as trial {number}";
        if (twin.State == TrialState.Completed) study.Tell(trial.Number, twin.Value!.Value);
        else if (twin.State == TrialState.Infeasible) study.Infeasible(trial.Number, $"{reason}: {twin.Reason}");
        else study.Stop(trial.Number, reason);
        return true;
    }

    private async Task SubmitAsync(Trial trial)
    {
        var facts = Book.FactsOf(trial.Number)!;
        try
        {
            var recipe = SearchStudies.RecipeOf(Book.Recipe, trial.Configuration, facts.Experiment);
            await Task.Run(() => experiments.SubmitTrialAsync(recipe, facts.Experiment, FirstExperiment(trial.Number), CancellationToken.None));
        }
        catch (Exception e) when (e is RecipeException or LearningException)
        {
            Book.Study.Infeasible(trial.Number, e is RecipeException refused ? string.Join(" ", refused.Problems) : e.Message);
            Book.NoteSettled(trial.Number, 0);
            LogTrial(Id, trial.Number, TrialState.Infeasible, e.Message);
        }
    }

    // Whose samples the others share: one that was refused has none.
    private string? FirstExperiment(int before) => Enumerable.Range(0, before).Select(Book.Study.Get)
        .Where(trial => trial.State != TrialState.Infeasible)
        .Select(trial => Book.FactsOf(trial.Number)).FirstOrDefault(facts => facts is not null)?.Experiment;

    /// <summary>Ends the experiments of trials that are over or wait, and of all while the sweep does not run.</summary>
    private async Task SettleAsync()
    {
        foreach (var number in Book.Unsettled)
        {
            var trial = Book.Study.Get(number);
            if (trial.State == TrialState.Running && Book.State == SweepState.Running) continue;
            var experiment = Experiment(Book.FactsOf(number)!);
            var snapshot = await experiment.Get();
            if (snapshot is { State: var state } && !state.IsFinal())
                snapshot = await experiment.Cancel($"{HeldBySweep}: {(trial.State == TrialState.Running ? Book.Reason : trial.Reason)}");
            Book.NoteSettled(number, snapshot is null ? 0 : DeviceSecondsOf(snapshot));
            _seconds.Remove(number);
        }
    }

    /// <summary>Starts and resumes trials while there are devices for them.</summary>
    private async Task FillAsync()
    {
        var capacity = await CapacityAsync();
        while (Book.State == SweepState.Running && Book.Study.CountOf(TrialState.Running) < capacity)
        {
            // A recipe that cannot work is refused at once: trials may have ended since the last turn of the loop.
            EndIfNeeded();
            if (Book.State != SweepState.Running) return;
            var started = time.GetTimestamp();
            var step = Book.Study.Next();
            Instruments.TrialSuggested(time.GetElapsedTime(started).TotalSeconds);
            await FlushAsync();
            switch (step.Kind)
            {
                case NextStepKind.Start or NextStepKind.Resume:
                    await BeginAsync(step.Trial!);
                    await FlushAsync();
                    break;
                case NextStepKind.Wait:
                    return;
                case NextStepKind.Done:
                    End(SweepState.Completed, step.Reason);
                    return;
            }
        }
    }

    private void EndIfNeeded()
    {
        var budget = Book.Budget;
        if (budget.Hours > 0 && Book.ActiveUntilNow.TotalHours >= budget.Hours) StopAll($"the budget of {RecipeText.Of(budget.Hours)} hours is used");
        else if (budget.DeviceHours > 0 && (Book.DeviceSeconds + _seconds.Values.Sum()) / 3600 >= budget.DeviceHours)
            StopAll($"the budget of {RecipeText.Of(budget.DeviceHours)} device-hours is used");
        else if (SunkAlike() is { Count: >= SameFailures } sunk)
            End(SweepState.Failed, $"{sunk.Count} trials failed before their first epoch for the same reason: {sunk[0].Reason}");
    }

    // Since a trial last measured anything: a corner of the space that does not work is the sampler's to leave, data that are gone are nobody's.
    private IReadOnlyList<Trial>? SunkAlike()
    {
        if (Book.Study.CountOf(TrialState.Infeasible) < SameFailures) return null;
        return Book.Study.Ended(NewestJudged).Where(trial => trial.DuplicateOf is null)
            .TakeWhile(trial => trial is { State: TrialState.Infeasible, Epochs: 0 })
            .GroupBy(trial => Numbers().Replace(trial.Reason, "#")).MaxBy(alike => alike.Count())?.ToList();
    }

    // Reasons that differ in nothing but numbers are the same.
    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();

    private void StopAll(string reason)
    {
        foreach (var trial in Book.Study.Trials.Where(trial => !trial.IsOver)) Book.Study.Stop(trial.Number, reason);
        End(SweepState.Completed, reason);
    }

    private void End(SweepState state, string reason)
    {
        Book.NoteState(state, reason);
        LogEnds(Id, state, reason);
    }

    private static double DeviceSecondsOf(ExperimentSnapshot snapshot) => snapshot.Seconds * Math.Max(1, snapshot.Recipe.Resources.Workers);
}
