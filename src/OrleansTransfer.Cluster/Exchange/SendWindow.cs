namespace OrleansTransfer.Cluster.Exchange;

/// <summary>Keeps at most a few calls open: the transport itself has no back-pressure.</summary>
/// <param name="size">Calls that may be open at once.</param>
public sealed class SendWindow(int size)
{
    private readonly Queue<Task> _open = new(size);

    /// <summary>Adds a call; waits for the oldest one while the window is full.</summary>
    public async ValueTask AddAsync(Task call)
    {
        _open.Enqueue(call);
        while (_open.Count >= size) await _open.Dequeue();
    }

    /// <summary>Waits for all open calls.</summary>
    public async Task DrainAsync()
    {
        while (_open.TryDequeue(out var call)) await call;
    }
}
