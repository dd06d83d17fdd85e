using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Gateway;

internal sealed partial class ApiFaults
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster could not answer {Path}.")]
    private static partial void LogUnavailable(ILogger logger, string path, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Answering {Path} failed.")]
    private static partial void LogUnexpected(ILogger logger, string path, Exception exception);
}
