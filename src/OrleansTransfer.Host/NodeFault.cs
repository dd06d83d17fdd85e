using Microsoft.Extensions.Hosting;

namespace OrleansTransfer.Host;

/// <summary>Why a node stops although nobody asked it to; the first reason counts.</summary>
internal sealed class NodeFault(IHostApplicationLifetime lifetime)
{
    private string? _reason;

    /// <summary>A sentence, or null while nothing is wrong.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Records the reason and begins to stop the node.</summary>
    public void Stop(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        lifetime.StopApplication();
    }
}
