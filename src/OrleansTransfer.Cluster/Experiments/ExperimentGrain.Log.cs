using Microsoft.Extensions.Logging;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Experiments;

public sealed partial class ExperimentGrain
{
    [LoggerMessage(LogLevel.Information, "{Experiment} is {State} {Reason}")]
    private partial void LogMoved(string experiment, ExperimentState state, string reason);

    [LoggerMessage(LogLevel.Warning, "The devices of {Experiment} could not be given back: {Reason}")]
    private partial void LogReleaseFailed(string experiment, string reason);
}
