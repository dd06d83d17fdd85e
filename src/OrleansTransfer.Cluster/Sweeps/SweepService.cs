using System.Security.Cryptography;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Storage;
using OrleansTransfer.Tuning;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>Sweeps of this cluster through their grains, all others through the container.</summary>
public sealed class SweepService(
    IGrainFactory grains,
    IBlobContainer container,
    IExperimentService experiments,
    NodeIdentity identity,
    ISiloRegister silos,
    TimeProvider time) : ISweepService
{
    private readonly SweepCatalog _catalog = new(container, time);

    /// <inheritdoc/>
    public async Task<SweepPreview> PlanAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken)
    {
        (recipe, var study) = await CheckAsync(recipe, search, cancellationToken);
        var plan = study.Plan();
        var cluster = await ClusterAsync(cancellationToken);
        var workers = recipe.Resources.Workers;
        var parallelism = search.Parallelism > 0 ? search.Parallelism : Math.Max(1, cluster.Nodes.Sum(node => node.Devices.Count) / workers);
        var like = (await experiments.ListAsync(cancellationToken)).FirstOrDefault(experiment =>
            experiment is { Epoch: > 0, Seconds: > 0 } && experiment.Recipe.Model.Backbone == recipe.Model.Backbone
            && experiment.Recipe.Data.Train == recipe.Data.Train && experiment.Recipe.Data.Target == recipe.Data.Target
            && experiment.Recipe.Resources.Workers == workers);
        return new(
            plan.Trials, plan.EpochsPerTrial, plan.FullEpochs, plan.ExpectedEpochs,
            [.. plan.Rungs.Select(rung => new PreviewRung(rung.Bracket, rung.Epoch, rung.Trials))],
            Math.Min(parallelism, plan.Trials), workers, like is null ? null : like.Seconds / like.Epoch, like?.Id, plan.Note)
        {
            Features = FeatureWords.Explain(recipe, search),
        };
    }

    /// <inheritdoc/>
    public async Task<SweepSnapshot> StartAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken)
    {
        (recipe, _) = await CheckAsync(recipe, search, cancellationToken);
        var id = $"{recipe.Name}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        await _catalog.WriteAsync(new(id, recipe, search), cancellationToken);
        return await AskAsync(id, grain => grain.Resume(null), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SweepSnapshot>> ListAsync(CancellationToken cancellationToken)
    {
        var stored = await _catalog.ListAsync(cancellationToken);
        return await Task.WhenAll(stored.Select(sweep => RefreshAsync(sweep, cancellationToken)));
    }

    /// <inheritdoc/>
    public async Task<SweepSnapshot> FindAsync(string id, CancellationToken cancellationToken, string? since = null)
    {
        // One that is driven here is not read from its ledger, which may be long.
        if (await _catalog.DriverOfAsync(id, cancellationToken) is { } driver && IsOurs(driver)
            && await AskAsync(id, grain => grain.Get(since), cancellationToken) is { } sweep) return sweep;
        return await RefreshAsync(await _catalog.FindAsync(id, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SweepSnapshot> PauseAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(id, grain => grain.Pause(), cancellationToken);

    /// <inheritdoc/>
    public async Task<SweepSnapshot> ResumeAsync(string id, SweepBudgetRecipe? budget, CancellationToken cancellationToken)
    {
        var sweep = await FindAsync(id, cancellationToken);
        if (budget is { Trials: < 1 }) throw new RecipeException("search.budget.trials", $"Found {budget.Trials}; expected at least 1.");
        if (sweep.State == SweepState.Completed && budget is null)
            throw new RecipeException("search.budget", $"{sweep.Id} has completed: {sweep.Reason}. Give it a larger budget to go on.");
        var (key, samples) = sweep.Recipe.Model.From.Length > 0 ? ("data.target", sweep.Recipe.Data.Target) : ("data.train", sweep.Recipe.Data.Train);
        if (!Path.Exists(samples))
            throw new RecipeException(key, $"{samples}, which the trials of {sweep.Id} train on, is gone.");
        return await ChangeAsync(sweep.Id, grain => grain.Resume(budget), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SweepSnapshot> CancelAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(id, grain => grain.Cancel("cancelled by its user"), cancellationToken);

    /// <inheritdoc/>
    public Task<SweepSnapshot> AddAsync(string id, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        ChangeAsync(id, grain => grain.Add(parameters), cancellationToken);

    private async Task<(Recipe, Study)> CheckAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken)
    {
        // A trial is small beside a whole cluster: one device unless the recipe says otherwise.
        if (recipe.Resources.Workers == 0) recipe = recipe with { Resources = recipe.Resources with { Workers = 1 } };
        if (SearchStudies.Check(recipe, search) is { Count: > 0 } problems) throw new RecipeException(problems);

        // Trials complete it themselves: a backbone of their own has weights of its own.
        return (recipe with { Name = (await experiments.CheckAsync(recipe, cancellationToken)).Name }, new(SearchStudies.SettingsOf(recipe, search)));
    }

    private async Task<SweepSnapshot> ChangeAsync(string id, Func<ISweepGrain, Task<SweepSnapshot>> change, CancellationToken cancellationToken)
    {
        var sweep = await _catalog.FindAsync(id, cancellationToken);
        if (!IsOurs(sweep) && sweep is { State: SweepState.Running, Owner: { } owner } && owner.IsAlive(time.GetUtcNow()))
            throw new RecipeException("", $"{sweep.Id} is driven by process {owner.ProcessId} on {owner.Machine}. Use --cluster {owner.Http}.");
        return await AskAsync(sweep.Id, change, cancellationToken);
    }

    private async Task<SweepSnapshot> RefreshAsync(SweepSnapshot sweep, CancellationToken cancellationToken) =>
        IsOurs(sweep) ? await AskAsync(sweep.Id, grain => grain.Get(null), cancellationToken) ?? sweep : sweep;

    // A grain woken for a sweep that another process drives would take it away from there.
    private bool IsOurs(SweepSnapshot sweep) => !sweep.State.IsFinal() && sweep.Owner is { } owner && IsOurs(owner);

    private bool IsOurs(ExperimentOwner owner) => owner.Http == identity.Http || silos.Contains(owner.Silo);

    private Task<ClusterStatus> ClusterAsync(CancellationToken cancellationToken) => PatientCall.MakeAsync(
        () => grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus().WaitAsync(cancellationToken), time, cancellationToken);

    private Task<T> AskAsync<T>(string id, Func<ISweepGrain, Task<T>> question, CancellationToken cancellationToken) =>
        PatientCall.MakeAsync(() => question(grains.GetGrain<ISweepGrain>(id)), time, cancellationToken);
}
