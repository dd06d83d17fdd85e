using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Api;

/// <summary>What a cluster does for the command line, wherever it runs.</summary>
internal interface IClusterApi : IExperimentReader, ISweepReader
{
    /// <summary>Address of the node that answers.</summary>
    Uri Address { get; }

    /// <summary>Hands in a recipe whose paths are absolute.</summary>
    /// <exception cref="RecipeException">It cannot be run; nothing was started.</exception>
    Task<ExperimentSnapshot> SubmitAsync(Recipe recipe, CancellationToken cancellationToken);

    /// <summary>Stops a run; its newest checkpoint stays.</summary>
    Task<ExperimentSnapshot> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>Continues an ended run from its newest checkpoint.</summary>
    /// <param name="id">Id or unique prefix.</param>
    /// <param name="epochs">New total of epochs, or null to keep the recipe's.</param>
    /// <exception cref="RecipeException">It cannot be continued.</exception>
    Task<ExperimentSnapshot> ResumeAsync(string id, int? epochs, CancellationToken cancellationToken);

    /// <summary>What a sweep would run; nothing is started. Paths are absolute.</summary>
    /// <exception cref="RecipeException">It cannot be run.</exception>
    Task<SweepPreview> PlanSweepAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken);

    /// <summary>Starts a sweep; paths are absolute.</summary>
    /// <exception cref="RecipeException">It cannot be run; nothing was started.</exception>
    Task<SweepSnapshot> StartSweepAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken);

    /// <summary>Stops all trials of a sweep at their newest checkpoint until it is resumed.</summary>
    Task<SweepSnapshot> PauseSweepAsync(string id, CancellationToken cancellationToken);

    /// <summary>Goes on with a sweep.</summary>
    /// <param name="id">Id or unique prefix.</param>
    /// <param name="budget">The new budget, or null to keep the present one.</param>
    /// <exception cref="RecipeException">It has completed and gets no larger budget.</exception>
    Task<SweepSnapshot> ResumeSweepAsync(string id, SweepBudgetRecipe? budget, CancellationToken cancellationToken);

    /// <summary>Ends all trials and the sweep.</summary>
    Task<SweepSnapshot> CancelSweepAsync(string id, CancellationToken cancellationToken);

    /// <summary>Adds a trial by hand, started before any that the sampler suggests.</summary>
    /// <param name="id">Id or unique prefix.</param>
    /// <param name="parameters">Its values by recipe path, as recipes write them.</param>
    /// <exception cref="RecipeException">They are not of the space.</exception>
    Task<SweepSnapshot> AddTrialAsync(string id, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken);

    /// <summary>Nodes, devices and queue.</summary>
    Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken);
}
