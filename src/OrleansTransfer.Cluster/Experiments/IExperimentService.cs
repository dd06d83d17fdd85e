using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>What a user can do with experiments: the one door for the HTTP API and the command line.</summary>
public interface IExperimentService
{
    /// <summary>
    /// Checks a recipe against the data, the weights and the cluster, completes it, stores it and queues the run.
    /// </summary>
    /// <exception cref="RecipeException">Something in it cannot work; nothing was started or stored.</exception>
    Task<ExperimentSnapshot> SubmitAsync(Recipe recipe, CancellationToken cancellationToken);

    /// <summary>Checks a recipe against the data, the weights and the cluster, and completes it; nothing is stored.</summary>
    /// <exception cref="RecipeException">Something in it cannot work.</exception>
    Task<Recipe> CheckAsync(Recipe recipe, CancellationToken cancellationToken);

    /// <summary>Submits one of many runs on the same data, under a given id; does nothing but show it if that was done before.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="id">Id of the experiment.</param>
    /// <param name="like">Experiment whose samples and split it shares, so that they are looked at once; null for none.</param>
    /// <exception cref="RecipeException">Something in it cannot work.</exception>
    Task<ExperimentSnapshot> SubmitTrialAsync(Recipe recipe, string id, string? like, CancellationToken cancellationToken);

    /// <summary>All stored experiments, newest first.</summary>
    Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The experiment whose id is, or uniquely begins with, <paramref name="id"/>.</summary>
    /// <exception cref="UnknownExperimentException">None or several do; the message says which.</exception>
    Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Stops a run and returns when it has stopped, or after a few seconds.</summary>
    Task<ExperimentSnapshot> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>Continues an ended or interrupted run from its newest whole checkpoint.</summary>
    /// <param name="id">Id or unique prefix.</param>
    /// <param name="epochs">New total of epochs, or null to keep the recipe's.</param>
    /// <exception cref="RecipeException">It still runs elsewhere, is complete without more epochs, or its data or weights are gone.</exception>
    Task<ExperimentSnapshot> ResumeAsync(string id, int? epochs, CancellationToken cancellationToken);

    /// <summary>
    /// The history from sequence number <paramref name="from"/> on; with <paramref name="follow"/> it goes on until the experiment ends.
    /// </summary>
    IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(string id, long from, bool follow, CancellationToken cancellationToken);
}

/// <summary>No experiment, or more than one, answers to an id.</summary>
public sealed class UnknownExperimentException(string message) : Exception(message);
