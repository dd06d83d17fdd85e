using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Host.Membership;

internal sealed partial class FirstNodeWatch
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Reason}")]
    private static partial void LogLost(ILogger logger, string reason);
}
