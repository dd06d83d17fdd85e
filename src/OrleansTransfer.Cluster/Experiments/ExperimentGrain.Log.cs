using Microsoft.Extensions.Logging;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Experiments;

public sealed partial class ExperimentGrain
{
    [LoggerMessage(LogLevel.Information, "{Experiment} is {State} {Reason}")]
    private partial void LogMoved(string experiment, ExperimentState state, string reason);

    [LoggerMessage(LogLevel.Information, "{Experiment}, generation {Generation}: {Decision} {Reason}")]
    private partial void LogDecided(string experiment, int generation, string decision, string reason);

    [LoggerMessage(
        LogLevel.Warning, "{Experiment}: its coordinator waited {Seconds:0} s for the container or the machine and heard no worker meanwhile")]
    private partial void LogDeaf(string experiment, double seconds);

    [LoggerMessage(LogLevel.Error, "{Experiment}: its state and history cannot be stored; the run goes on, and what it says is kept: {Reason}")]
    private partial void LogContainerAway(string experiment, string reason);

    [LoggerMessage(LogLevel.Debug, "{Experiment}: the scheduler does not answer: {Reason}")]
    private partial void LogSchedulerAway(string experiment, string reason);

    [LoggerMessage(LogLevel.Warning, "The devices of {Experiment} could not be given back: {Reason}")]
    private partial void LogReleaseFailed(string experiment, string reason);
}
