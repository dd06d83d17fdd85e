using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Storage;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>
/// Drives one sweep. What it decides is in the ledger before anything is done about it, and what it does may be done twice: an experiment of an id is
/// submitted once, cancelling one that has ended does nothing. So its node may die at any moment: the next activation reads the ledger, looks at the
/// experiments and goes on. Of two that believe they drive a sweep, one is stopped by its next entry.
/// </summary>
[GrainType("sweep"), PreferLocalPlacement, KeepAlive]
public sealed partial class SweepGrain(
    IBlobContainer container,
    IGrainFactory grains,
    IExperimentService experiments,
    ILocalSiloDetails silo,
    NodeIdentity identity,
    TimeProvider time,
    ILogger<SweepGrain> logger) : Grain, ISweepGrain
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(0.25), s_heartbeat = TimeSpan.FromSeconds(5), s_rest = TimeSpan.FromSeconds(2);

    private readonly SweepCatalog _catalog = new(container, time);
    private readonly WeightInheritance _inheritance = new(container);
    private SweepBook? _book;
    private EventLog _ledger = null!;
    private DateTimeOffset _marked, _restsUntil;
    private IGrainTimer? _timer;
    private SweepState? _counted;

    private string Id => this.GetPrimaryKeyString();

    private SweepBook Book => _book ?? throw new RecipeException("", $"There is no sweep '{Id}'.");

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _catalog.OpenAsync(Id, cancellationToken) is not var (book, ledger)) return;
        (_book, _ledger) = (book, ledger);
        book.Study.Recorded += CountEnds;
        if (!book.State.IsFinal() || book.Unsettled.Count > 0) await DriveAsync();
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Instruments.SweepMoved(_counted, null);
        Instruments.SweepEnded(Id);
        return _book is null || reason.ReasonCode == DeactivationReasonCode.ApplicationRequested ? Task.CompletedTask : FlushAsync();
    }

    /// <inheritdoc/>
    public Task Wake() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<SweepSnapshot?> Get(string? since) => Task.FromResult(_book?.Snapshot(since));

    /// <inheritdoc/>
    public async Task<SweepSnapshot> Pause()
    {
        if (Book.State == SweepState.Running)
        {
            // What has been measured is taken in before the trials are stopped.
            await LookAsync();
            Book.NoteState(SweepState.Paused, "paused by its user");
            await FlushAsync();
            await SettleAsync();
        }
        return Book.Snapshot();
    }

    /// <inheritdoc/>
    public async Task<SweepSnapshot> Resume(SweepBudgetRecipe? budget)
    {
        if (budget is not null) Book.NoteBudget(budget);
        if (Book.State != SweepState.Running) Book.NoteState(SweepState.Running, null);
        await DriveAsync();
        return Book.Snapshot();
    }

    /// <inheritdoc/>
    public async Task<SweepSnapshot> Cancel(string reason)
    {
        if (!Book.State.IsFinal())
        {
            await LookAsync();
            Book.NoteState(SweepState.Cancelled, reason);
            await FlushAsync();
            await SettleAsync();
        }
        return Book.Snapshot();
    }

    /// <inheritdoc/>
    public async Task<SweepSnapshot> Add(IReadOnlyDictionary<string, string> parameters)
    {
        var configuration = SearchStudies.ConfigurationOf(parameters);
        _ = SearchStudies.RecipeOf(Book.Recipe, configuration, Id);
        try
        {
            Book.Study.Enqueue(configuration);
        }
        catch (SpaceException e)
        {
            throw new RecipeException(SearchStudies.ProblemsOf(e));
        }
        await FlushAsync();
        return Book.Snapshot();
    }

    private async Task DriveAsync()
    {
        Book.NoteOwner(Self());
        await FlushAsync();
        await MarkAsync();
        _timer ??= this.RegisterGrainTimer(_ => TickAsync(), new GrainTimerCreationOptions(s_tick, s_tick) { KeepAlive = true });
    }

    private async Task TickAsync()
    {
        if (time.GetUtcNow() < _restsUntil) return;
        try
        {
            await AdvanceAsync();
        }
        catch (InconsistentStateException)
        {
            LogTakenOver(Id);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or IOException or UnauthorizedAccessException or Azure.RequestFailedException)
        {
            // A node on its way out, or a container out of reach: the next tick finds everything as it was left.
            _restsUntil = time.GetUtcNow() + s_rest;
            LogTrouble(Id, e.Message);
        }
    }

    private async Task AdvanceAsync()
    {
        if (time.GetUtcNow() - _marked > s_heartbeat) await MarkAsync();
        if (Book.State == SweepState.Running)
        {
            await LookAsync();
            EndIfNeeded();
        }
        await FlushAsync();
        await SettleAsync();
        if (Book.State == SweepState.Running) await FillAsync();
        await FlushAsync();
        ShowProgress();
        if (!Book.State.IsFinal() || Book.Unsettled.Count > 0) return;
        await _catalog.UnmarkAsync(Id, CancellationToken.None);
        _timer?.Dispose();
        _timer = null;
    }

    private static void CountEnds(TrialEvent happened)
    {
        if (happened.Kind is TrialEventKind.Completed or TrialEventKind.Stopped or TrialEventKind.Infeasible or TrialEventKind.Failed)
            Instruments.TrialEnded(happened.Kind.ToString().ToLowerInvariant());
    }

    private void ShowProgress()
    {
        if (_counted != Book.State) Instruments.SweepMoved(_counted, Book.State);
        _counted = Book.State;
        if (Book.State.IsFinal())
        {
            Instruments.SweepEnded(Id);
            return;
        }
        var (study, search) = (Book.Study, Book.Search);
        var counts = Enum.GetValues<TrialState>().ToDictionary(state => state.ToString().ToLowerInvariant(), study.CountOf);
        var ended = study.Count - study.CountOf(TrialState.Running) - study.CountOf(TrialState.Paused) - study.CountOf(TrialState.Failed);
        Instruments.SweepProgressed(new(
            Id, search.Metric, search.Sampler.Type, search.Stopping.Type, Math.Min(1, (double)ended / Book.Budget.Trials), study.Best?.Value, counts,
            study.Epochs, Book.DeviceSeconds + _seconds.Values.Sum()));
    }

    private async Task MarkAsync()
    {
        _marked = time.GetUtcNow();
        await _catalog.MarkAsync(Id, Self(), CancellationToken.None);
    }

    // Decisions first, deeds after: nothing is done about an entry that is not in the ledger.
    private async Task FlushAsync()
    {
        var entries = Book.Unwritten.ToList();
        if (entries.Count == 0) return;
        try
        {
            await _ledger.AppendAsync([.. entries.Select(entry => entry.ToJson())], CancellationToken.None);
        }
        catch (BlobConflictException e)
        {
            // Another activation has written the ledger and drives the sweep now. Whoever called this one asks that one.
            _timer?.Dispose();
            DeactivateOnIdle();
            throw new InconsistentStateException($"{Id} is driven by another activation: {e.Message}");
        }
        Book.Written(entries.Count);
    }

    private async Task<int> CapacityAsync()
    {
        if (Book.Search.Parallelism > 0) return Book.Search.Parallelism;
        var cluster = await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus();
        return Math.Max(1, cluster.Nodes.Sum(node => node.Devices.Count) / Math.Max(1, Book.Recipe.Resources.Workers));
    }

    private IExperimentGrain Experiment(TrialFacts facts) => grains.GetGrain<IExperimentGrain>(facts.Experiment);

    private ExperimentOwner Self() => new(
        Environment.MachineName, Environment.ProcessId, ProcessStart.Current, identity.Http, time.GetUtcNow(), silo.SiloAddress.ToString());

    [LoggerMessage(LogLevel.Information, "{Sweep}: trial {Trial} is {State}: {Reason}")]
    private partial void LogTrial(string sweep, int trial, TrialState state, string reason);

    [LoggerMessage(LogLevel.Information, "{Sweep}: after epoch {Epoch} trial {Trial} goes on with {Origin}")]
    private partial void LogInherits(string sweep, int trial, int epoch, string origin);

    [LoggerMessage(LogLevel.Information, "{Sweep} is {State}: {Reason}")]
    private partial void LogEnds(string sweep, SweepState state, string reason);

    [LoggerMessage(LogLevel.Information, "{Sweep} is driven by another node from now on")]
    private partial void LogTakenOver(string sweep);

    [LoggerMessage(LogLevel.Warning, "{Sweep} cannot go on for the moment: {Reason}")]
    private partial void LogTrouble(string sweep, string reason);
}
