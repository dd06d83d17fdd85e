using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Host;

public sealed partial class NodeHost
{
    [LoggerMessage(LogLevel.Warning,
        "Keys of the API cross the network unencrypted. Give --https-cert and --https-key, unless a proxy that ends HTTPS is all that reaches"
        + " {Address}.")]
    private static partial void LogKeysInTheClear(ILogger logger, string address);
}
