using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Cluster.Experiments;

public sealed partial class LoggedDownloads
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Text}")]
    private static partial void LogProgress(ILogger logger, string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Text}")]
    private static partial void LogTrouble(ILogger logger, string text);
}
