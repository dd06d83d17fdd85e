using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>Experiments of this cluster through their grains, all others through the container.</summary>
public sealed class ExperimentService(
    IGrainFactory grains,
    IBlobContainer container,
    ExperimentCatalog catalog,
    NodeIdentity identity,
    ISiloRegister silos,
    WeightCache weights,
    IProgress<WeightProgress> downloads,
    DataRoots roots,
    TimeProvider time,
    IHostApplicationLifetime lifetime) : IExperimentService
{
    private static readonly TimeSpan PageWait = TimeSpan.FromSeconds(5);
    private const int PageSize = 500;

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> SubmitAsync(Recipe recipe, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(recipe, null, cancellationToken);
        return await SubmitAsync(prepared, $"{prepared.Recipe.Name}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}", again: false, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Recipe> CheckAsync(Recipe recipe, CancellationToken cancellationToken) =>
        (await PrepareAsync(recipe, null, cancellationToken)).Recipe;

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> SubmitTrialAsync(Recipe recipe, string id, string? like, CancellationToken cancellationToken)
    {
        if (await catalog.ReadAsync(id, cancellationToken) is { } present) return present;
        var known = like is null ? null : await ShareAsync(recipe, like, cancellationToken);
        return await SubmitAsync(await PrepareAsync(recipe, known, cancellationToken), id, again: true, cancellationToken);
    }

    /// <param name="again">Whether this submission may be made again after it died in its middle: what it stored is then there.</param>
    private async Task<ExperimentSnapshot> SubmitAsync(PreparedRecipe prepared, string id, bool again, CancellationToken cancellationToken)
    {
        Task StoreAsync(Func<Task> write) => again ? IfNewAsync(write) : write();
        if (prepared.WeightsPath is not null) await ImportWeightsAsync(prepared.WeightsPath, prepared.WeightsSha256!, cancellationToken);
        await StoreAsync(() => prepared.Dataset.WriteAsync(container, id, cancellationToken));
        if (prepared.Encoder is { } encoder) await StoreAsync(() => encoder.WriteAsync(container, id, cancellationToken));
        if (prepared.Words is { } words) await StoreAsync(() => words.WriteAsync(container, id, cancellationToken));
        using (var yaml = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(RecipeWriter.ToYaml(prepared.Recipe))))
            await StoreAsync(() => container.WriteAsync(BlobLayout.Recipe(id), yaml, BlobCondition.IfNew, cancellationToken));
        var submission = new ExperimentSubmission(
            id,
            prepared.Recipe,
            prepared.Dataset.Labels,
            prepared.Dataset.EpochSamples,
            prepared.Dataset.Validation.Count,
            prepared.Dataset.Broken.Count,
            prepared.WeightsSha256,
            prepared.TotalSteps);
        return await AskAsync(id, grain => grain.Submit(submission), cancellationToken);
    }

    // The samples of another run, where the recipe asks for the same ones and the same split.
    private async Task<DatasetIndex?> ShareAsync(Recipe recipe, string like, CancellationToken cancellationToken)
    {
        if (await catalog.ReadAsync(like, cancellationToken) is not { Recipe: var other }) return null;
        var (mine, theirs) = (DataOf(recipe), DataOf(other));
        return mine == theirs ? await DatasetIndex.ReadAsync(container, like, cancellationToken) : null;

        // Labels are filled in when a recipe is accepted; augmentation has no part in which samples there are.
        static string DataOf(Recipe recipe) => RecipeWriter.ToYaml(new()
        {
            Task = recipe.Task,
            Data = recipe.Data with { Labels = [], Augment = "none" },
            Training = new() { Seed = recipe.Training.Seed },
        });
    }

    private static async Task IfNewAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (BlobConflictException)
        {
            // It is there.
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken)
    {
        var nodes = await ClusterAsync(cancellationToken);
        var stored = await catalog.ListAsync(cancellationToken);
        return await Task.WhenAll(stored.Select(async snapshot => IsOurs(snapshot, nodes) ? await AskAsync(snapshot.Id, grain => grain.Get(), cancellationToken) ?? snapshot : snapshot));
    }

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken)
    {
        var stored = await catalog.FindAsync(id, cancellationToken);
        return IsOurs(stored, await ClusterAsync(cancellationToken)) ? await AskAsync(stored.Id, grain => grain.Get(), cancellationToken) ?? stored : stored;
    }

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(id, cancellationToken);
        if (snapshot.State.IsFinal()) return snapshot;
        RefuseIfElsewhere(snapshot, await ClusterAsync(cancellationToken));
        return await AskAsync(snapshot.Id, grain => grain.Cancel("cancelled by its user"), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ExperimentSnapshot> ResumeAsync(string id, int? epochs, CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(id, cancellationToken);
        var cluster = await ClusterAsync(cancellationToken);
        if (!snapshot.State.IsFinal())
        {
            RefuseIfElsewhere(snapshot, cluster);
            throw new RecipeException(
                "",
                $"{snapshot.Id} is {snapshot.State.ToString().ToLowerInvariant()}: there is nothing to resume. " +
                $"'otx experiments watch {snapshot.Id}' follows it.");
        }
        var present = snapshot.Recipe.Training.Epochs;
        if (epochs is { } wanted && wanted < Math.Max(present, snapshot.Epoch))
            throw new RecipeException("epochs", $"{wanted} is fewer than the {Math.Max(present, snapshot.Epoch)} the run has.");
        if (snapshot.State == ExperimentState.Completed && (epochs ?? present) <= present)
            throw new RecipeException("epochs", $"{snapshot.Id} has completed its {present} epochs. Give a larger number to train on.");

        var dataset = await DatasetIndex.ReadAsync(container, snapshot.Id, cancellationToken);
        foreach (var root in dataset.Roots)
            if (!Path.Exists(root)) throw new RecipeException("data", $"{root}, where this experiment's samples are, is gone.");
        var devices = cluster.Nodes.Sum(node => node.Devices.Count);
        var least = Math.Min(snapshot.Recipe.Resources.MinWorkers, snapshot.Recipe.Resources.Workers);
        if (devices < least)
            throw new RecipeException("resources.minWorkers", $"{snapshot.Id} needs {least} devices, the cluster has {devices}.");

        long? steps = epochs is null ? null : (long)RunPlan.EpochBatches(snapshot.Recipe, dataset).StepsPerEpoch * epochs.Value;
        return await AskAsync(snapshot.Id, grain => grain.Resume(epochs, steps), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(
        string id, long from, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(id, cancellationToken);
        if (!follow || !IsOurs(snapshot, await ClusterAsync(cancellationToken)))
        {
            await foreach (var e in catalog.ReadEventsAsync(snapshot.Id, from, cancellationToken)) yield return e;
            yield break;
        }

        // A node that stops must not be kept from stopping by its followers.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        while (true)
        {
            var next = from;
            var page = await AskAsync(snapshot.Id, grain => grain.ReadEvents(next, PageSize, PageWait, stopping.Token), stopping.Token);
            foreach (var e in page.Events)
            {
                from = e.Sequence + 1;
                yield return e;
            }
            if (page.Events.Count == 0 && page.State.IsFinal()) yield break;
        }
    }

    private async Task<PreparedRecipe> PrepareAsync(Recipe recipe, DatasetIndex? known, CancellationToken cancellationToken)
    {
        // Before anything looks at the files: what is not to be read shall not even be known to exist.
        var confined = await Task.Run(() => roots.Check(recipe, cancellationToken), cancellationToken);
        if (confined.Count > 0) throw new RecipeException(confined);
        return await new RecipePreparation(
                new(container, identity.CacheFolder, weights, downloads),
                (one, cancellation) => FinishedModel.OpenAsync(one, container, catalog, identity.CacheFolder, cancellation))
            .PrepareAsync(recipe, await ClusterAsync(cancellationToken), cancellationToken, known);
    }

    // Content-addressed: what is there already is the same.
    private async Task ImportWeightsAsync(string path, string sha256, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        await IfNewAsync(() => container.WriteAsync(BlobLayout.Weights(sha256), file, BlobCondition.IfNew, cancellationToken));
    }

    // Stored experiments whose owner is, or was, a node of this cluster may be asked through their grain; a grain woken for any other would fight with
    // the one in the process that really drives it.
    private bool IsOurs(ExperimentSnapshot snapshot, ClusterStatus cluster) =>
        !snapshot.State.IsFinal() && snapshot.Owner is { } owner
        && (owner.Http == identity.Http || cluster.Nodes.Any(node => node.Http == owner.Http)
            || silos.Contains(owner.Silo));

    private void RefuseIfElsewhere(ExperimentSnapshot snapshot, ClusterStatus cluster)
    {
        if (IsOurs(snapshot, cluster) || snapshot.Owner is not { } owner || !owner.IsAlive(time.GetUtcNow())) return;
        throw new RecipeException("", $"{snapshot.Id} is driven by process {owner.ProcessId} on {owner.Machine}. Use --cluster {owner.Http}.");
    }

    private Task<ClusterStatus> ClusterAsync(CancellationToken cancellationToken) =>
        PatientCall.MakeAsync(
            () => grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus().WaitAsync(cancellationToken), time, cancellationToken);

    private Task<T> AskAsync<T>(string id, Func<IExperimentGrain, Task<T>> question, CancellationToken cancellationToken) =>
        PatientCall.MakeAsync(() => question(grains.GetGrain<IExperimentGrain>(id)), time, cancellationToken);
}
