namespace OrleansTransfer.Host;

/// <summary>How a node starts.</summary>
public sealed record NodeOptions
{
    public string? Name { get; init; }
    public int PortOffset { get; init; }
    public bool EphemeralPorts { get; init; }
    public string? Join { get; init; }
    public string? Devices { get; init; }
    public string StateLocation { get; init; } = "./.otx";
    public bool QuietLogs { get; init; }
}

/// <summary>A node cannot start; the message is a sentence.</summary>
public sealed class NodeStartException(string message) : Exception(message);

/// <summary>A node.</summary>
public sealed class NodeHost : IAsyncDisposable
{
    public string Name => "";
    public string Silo => "";
    public string Gateway => "";
    public string Http => "";
    public IReadOnlyList<string> Devices => [];

    public static Task<NodeHost> StartAsync(NodeOptions options, CancellationToken cancellationToken) =>
        Task.FromException<NodeHost>(new NodeStartException("A node in this process is not part of this build; give --cluster URL."));

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
