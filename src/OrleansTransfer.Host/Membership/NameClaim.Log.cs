using System.Net;
using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Host.Membership;

internal sealed partial class NameClaim
{
    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Waits up to {Seconds:0} s until the node at {Endpoint}, which has the name '{Name}', has left or is declared dead")]
    private static partial void LogWaiting(ILogger logger, string name, IPEndPoint endpoint, double seconds);
}
