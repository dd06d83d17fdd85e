using Microsoft.Extensions.Hosting;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host.Health;

/// <summary>Whether the node can do what it is for: it belongs to its cluster, its container answers, and it is not shutting down.</summary>
internal abstract class Readiness(IBlobContainer container, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan s_containerDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Why the cluster will not have this node, in words; null while it does not say so.</summary>
    public abstract string? Refusal { get; }

    /// <summary>Null when the node is ready; otherwise what it lacks, in words.</summary>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return "The node is shutting down.";
        if (await CheckClusterAsync(cancellationToken) is { } lacks) return lacks;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_containerDeadline);
        try
        {
            await container.ReadAsync("health", deadline.Token);
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return $"{container.Description} cannot be read: {exception.Message}";
        }
    }

    /// <summary>Null when the node belongs to its cluster; otherwise what it lacks for that, in words.</summary>
    protected abstract ValueTask<string?> CheckClusterAsync(CancellationToken cancellationToken);
}
