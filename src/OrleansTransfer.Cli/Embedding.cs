using OrleansTransfer.Host;

namespace OrleansTransfer.Cli;

/// <summary>The one place in which the command line starts nodes.</summary>
internal static class Embedding
{
    /// <summary>Starts a node in this process and returns when it is ready.</summary>
    /// <exception cref="NodeStartException">It cannot start: a port in use, devices that are not there, a state that cannot be opened.</exception>
    public static Task<NodeHost> StartNodeAsync(NodeOptions options, CancellationToken cancellationToken) =>
        NodeHost.StartAsync(options, cancellationToken);

    /// <summary>Starts the cluster of one that commands run on without <c>--cluster</c>: loopback only, free ports, silent.</summary>
    public static Task<NodeHost> StartClusterAsync(Connection connection, CancellationToken cancellationToken) => StartNodeAsync(
        new NodeOptions
        {
            EphemeralPorts = true,
            QuietLogs = true,
            StateLocation = connection.State,
            Devices = connection.Devices,
            Weights = connection.Weights,
            Downloads = connection.Downloads,
        },
        cancellationToken);
}
