using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Gateway.Tests;

/// <summary>An experiment service without a cluster: what it is told is what it says.</summary>
internal sealed class FakeExperiments : IExperimentService
{
    public List<ExperimentSnapshot> Experiments { get; } = [];

    public Channel<ExperimentEvent> Events { get; } = Channel.CreateUnbounded<ExperimentEvent>();

    public Exception? Fails { get; set; }

    public int? ResumedWith { get; private set; }

    public bool Followed { get; private set; }

    public Task<ExperimentSnapshot> SubmitAsync(Recipe recipe, CancellationToken cancellationToken)
    {
        if (Fails is not null) return Task.FromException<ExperimentSnapshot>(Fails);
        var experiment = new ExperimentSnapshot { Id = $"{recipe.Name}-3f9a", Recipe = recipe };
        Experiments.Insert(0, experiment);
        return Task.FromResult(experiment);
    }

    public Task<Recipe> CheckAsync(Recipe recipe, CancellationToken cancellationToken) => Task.FromResult(recipe);

    public Task<ExperimentSnapshot> SubmitTrialAsync(Recipe recipe, string id, string? like, CancellationToken cancellationToken) =>
        SubmitAsync(recipe, cancellationToken);

    public Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken) =>
        Fails is null
            ? Task.FromResult<IReadOnlyList<ExperimentSnapshot>>(Experiments)
            : Task.FromException<IReadOnlyList<ExperimentSnapshot>>(Fails);

    public Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken) =>
        Experiments.SingleOrDefault(experiment => experiment.Id.StartsWith(id, StringComparison.Ordinal)) is { } found
            ? Task.FromResult(found)
            : throw new UnknownExperimentException($"There is no experiment '{id}'.");

    public async Task<ExperimentSnapshot> CancelAsync(string id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) with { State = ExperimentState.Cancelled };

    public async Task<ExperimentSnapshot> ResumeAsync(string id, int? epochs, CancellationToken cancellationToken)
    {
        ResumedWith = epochs;
        return await FindAsync(id, cancellationToken);
    }

    public async IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(
        string id, long from, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Followed = follow;
        await foreach (var happened in Events.Reader.ReadAllAsync(cancellationToken))
        {
            if (happened.Sequence >= from) yield return happened;
        }
    }
}
