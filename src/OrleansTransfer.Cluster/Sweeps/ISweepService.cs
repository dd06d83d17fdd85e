using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cluster.Sweeps;

/// <summary>What a user can do with sweeps: the one door for the HTTP API and the command line.</summary>
public interface ISweepService
{
    /// <summary>What a sweep would run. Nothing is started or stored.</summary>
    /// <exception cref="RecipeException">Something in it cannot work.</exception>
    Task<SweepPreview> PlanAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken);

    /// <summary>Checks a sweep, stores it and starts its first trials.</summary>
    /// <exception cref="RecipeException">Something in it cannot work; nothing was started or stored.</exception>
    Task<SweepSnapshot> StartAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken);

    /// <summary>All stored sweeps, newest first.</summary>
    Task<IReadOnlyList<SweepSnapshot>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The sweep whose id is, or uniquely begins with, <paramref name="id"/>.</summary>
    /// <exception cref="UnknownSweepException">None or several do; the message says which.</exception>
    /// <param name="id">Id or unique prefix.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <param name="since">Revision of an earlier look, to get only the trials that changed since; null for all. All may come nevertheless.</param>
    Task<SweepSnapshot> FindAsync(string id, CancellationToken cancellationToken, string? since = null);

    /// <summary>Stops all trials at their newest checkpoint until the sweep is resumed.</summary>
    Task<SweepSnapshot> PauseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Goes on with a sweep, whatever ended or interrupted it.</summary>
    /// <param name="id">Id or unique prefix.</param>
    /// <param name="budget">The new budget, or null to keep the present one.</param>
    /// <exception cref="RecipeException">It has completed and gets no larger budget, or its data are gone.</exception>
    Task<SweepSnapshot> ResumeAsync(string id, SweepBudgetRecipe? budget, CancellationToken cancellationToken);

    /// <summary>Ends all trials and the sweep.</summary>
    Task<SweepSnapshot> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>Adds a trial by hand, started before any that the sampler suggests.</summary>
    /// <param name="id">Id or unique prefix.</param>
    /// <param name="parameters">Its values by recipe path, as recipes write them.</param>
    /// <exception cref="RecipeException">They are not of the space.</exception>
    Task<SweepSnapshot> AddAsync(string id, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken);
}

/// <summary>No sweep, or more than one, answers to an id.</summary>
public sealed class UnknownSweepException(string message) : Exception(message);
