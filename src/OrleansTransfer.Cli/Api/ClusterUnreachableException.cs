namespace OrleansTransfer.Cli.Api;

/// <summary>No node answers, or the connection broke.</summary>
internal sealed class ClusterUnreachableException(Uri cluster, string reason, Exception? inner = null)
    : CliException(
        $"The cluster at {cluster.ToString().TrimEnd('/')} cannot be reached: {reason.TrimEnd('.')}. " +
        "Check the address, and that a node runs there (otx node).",
        ExitCodes.Unreachable,
        inner);
