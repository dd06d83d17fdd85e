using Orleans.Concurrency;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>A validated sweep.</summary>
/// <param name="Id">The new sweep's id.</param>
/// <param name="Recipe">What trials have in common.</param>
/// <param name="Search">What they differ in.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.sweep-submission")]
public sealed record SweepSubmission([property: Id(0)] string Id, [property: Id(1)] Recipe Recipe, [property: Id(2)] SearchRecipe Search);

/// <summary>
/// One durable search over recipes, keyed by the sweep's id. Its trials are ordinary experiments. All it knows is its submission and an append-only ledger
/// in the blob container: whoever activates it next goes on from there.
/// </summary>
[Alias("orleanstransfer.ISweepGrain")]
public interface ISweepGrain : IGrainWithStringKey
{
    /// <summary>Starts or goes on with a sweep whose submission is stored; does nothing to one that has ended.</summary>
    [Alias("Wake")]
    Task Wake();

    /// <summary>The sweep now, or null if there is none of this id.</summary>
    /// <param name="since">Revision of an earlier look, to get the trials that changed since; null for all. All come too where it is not
    /// known.</param>
    [Alias("Get"), AlwaysInterleave]
    Task<SweepSnapshot?> Get(string? since);

    /// <summary>Stops all trials at their newest checkpoint until <see cref="Resume"/>.</summary>
    [Alias("Pause")]
    Task<SweepSnapshot> Pause();

    /// <summary>Goes on: with a paused sweep, one that was cancelled or failed, or one that has completed and gets a larger budget.</summary>
    /// <param name="budget">The new budget, or null to keep the present one.</param>
    [Alias("Resume")]
    Task<SweepSnapshot> Resume(SweepBudgetRecipe? budget);

    /// <summary>Ends all trials and the sweep.</summary>
    [Alias("Cancel")]
    Task<SweepSnapshot> Cancel(string reason);

    /// <summary>Adds a trial by hand: it is started before any that the sampler suggests.</summary>
    /// <param name="parameters">Its values by recipe path, as recipes write them.</param>
    /// <exception cref="RecipeException">They are not of the space.</exception>
    [Alias("Add")]
    Task<SweepSnapshot> Add(IReadOnlyDictionary<string, string> parameters);
}
