namespace OrleansTransfer.Cli.Api;

/// <summary>No node answers, the connection broke, or what answers is not to be trusted.</summary>
internal sealed class ClusterUnreachableException(Uri cluster, string reason, Exception? inner = null, string? advice = null)
    : CliException(
        $"The cluster at {cluster.ToString().TrimEnd('/')} cannot be reached: {reason.TrimEnd('.')}. " +
        (advice ?? "Check the address, and that a node runs there (otx node)."),
        ExitCodes.Unreachable,
        inner);
