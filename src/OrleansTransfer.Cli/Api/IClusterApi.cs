using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Cli.Api;

/// <summary>What a cluster does for the command line, wherever it runs.</summary>
internal interface IClusterApi : IExperimentReader
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

    /// <summary>Nodes, devices and queue.</summary>
    Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken);
}
