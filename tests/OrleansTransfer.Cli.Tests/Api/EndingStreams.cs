using OrleansTransfer.Cli.Api;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Gateway;

namespace OrleansTransfer.Cli.Tests.Api;

/// <summary>An API whose streams end when the history does, as those of a node that shuts down.</summary>
internal sealed class EndingStreams(IClusterApi inner) : IClusterApi
{
    public Uri Address => inner.Address;

    public IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(string id, long from, bool follow, CancellationToken cancellationToken) =>
        inner.ReadEventsAsync(id, from, follow: false, cancellationToken);

    public Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

    public Task<ExperimentSnapshot> SubmitAsync(Recipe recipe, CancellationToken cancellationToken) => inner.SubmitAsync(recipe, cancellationToken);

    public Task<ExperimentSnapshot> CancelAsync(string id, CancellationToken cancellationToken) => inner.CancelAsync(id, cancellationToken);

    public Task<ExperimentSnapshot> ResumeAsync(string id, int? epochs, CancellationToken cancellationToken) =>
        inner.ResumeAsync(id, epochs, cancellationToken);

    public Task<SweepPreview> PlanSweepAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken) =>
        inner.PlanSweepAsync(recipe, search, cancellationToken);

    public Task<SweepSnapshot> StartSweepAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken) =>
        inner.StartSweepAsync(recipe, search, cancellationToken);

    public Task<IReadOnlyList<SweepSnapshot>> ListSweepsAsync(CancellationToken cancellationToken) => inner.ListSweepsAsync(cancellationToken);

    public Task<SweepSnapshot> FindSweepAsync(string id, CancellationToken cancellationToken) => inner.FindSweepAsync(id, cancellationToken);

    public Task<SweepSnapshot> PauseSweepAsync(string id, CancellationToken cancellationToken) => inner.PauseSweepAsync(id, cancellationToken);

    public Task<SweepSnapshot> ResumeSweepAsync(string id, SweepBudgetRecipe? budget, CancellationToken cancellationToken) =>
        inner.ResumeSweepAsync(id, budget, cancellationToken);

    public Task<SweepSnapshot> CancelSweepAsync(string id, CancellationToken cancellationToken) => inner.CancelSweepAsync(id, cancellationToken);

    public Task<SweepSnapshot> AddTrialAsync(string id, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        inner.AddTrialAsync(id, parameters, cancellationToken);

    public Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken) => inner.GetStatusAsync(cancellationToken);

    public Task<IReadOnlyList<BundleFile>> ListBundleAsync(string id, CancellationToken cancellationToken) =>
        inner.ListBundleAsync(id, cancellationToken);

    public Task<Stream> OpenBundleFileAsync(string id, string file, CancellationToken cancellationToken) =>
        inner.OpenBundleFileAsync(id, file, cancellationToken);
}
