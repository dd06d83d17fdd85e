using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Cluster.Scheduling;

public sealed partial class SchedulerGrain
{
    [LoggerMessage(LogLevel.Information, "Node {Node} offers {Devices} devices")]
    private partial void LogJoined(string node, int devices);

    [LoggerMessage(LogLevel.Information, "Node {Node} shuts down; its devices are withdrawn")]
    private partial void LogWithdrawn(string node);

    [LoggerMessage(LogLevel.Warning, "Node {Node} is gone: it fell silent")]
    private partial void LogLost(string node);

    [LoggerMessage(LogLevel.Information, "{Experiment} gets {Devices}")]
    private partial void LogGranted(string experiment, string devices);

    [LoggerMessage(LogLevel.Information, "{Experiment} gets {Count} devices more")]
    private partial void LogExtended(string experiment, int count);

    [LoggerMessage(LogLevel.Warning, "{Experiment} could not take its devices: {Reason}")]
    private partial void LogGrantFailed(string experiment, string reason);
}
