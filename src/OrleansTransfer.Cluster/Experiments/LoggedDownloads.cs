using Microsoft.Extensions.Logging;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>Downloads of weights in a node's log: where they begin, fail and end.</summary>
public sealed partial class LoggedDownloads(ILogger<LoggedDownloads> logger) : IProgress<WeightProgress>
{
    /// <inheritdoc/>
    public void Report(WeightProgress value)
    {
        if (value.Kind == WeightProgressKind.Trouble) LogTrouble(logger, value.Text);
        else if (value.Kind != WeightProgressKind.Receiving) LogProgress(logger, value.Text);
    }
}
