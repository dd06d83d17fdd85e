namespace OrleansTransfer.Cluster.Exchange;

/// <summary>
/// Guards native memory that messages in a connection's queue still point to. A message may be serialized long after its sender gave up; the lease
/// makes sure that it then copies nothing instead of reading freed memory.
/// </summary>
public sealed class MemoryLease
{
    private const int Revoked = int.MinValue;
    private int _readers;

    /// <summary>Starts reading; false once the lease is revoked.</summary>
    public bool TryAcquire()
    {
        while (true)
        {
            var readers = Volatile.Read(ref _readers);
            if (readers < 0) return false;
            if (Interlocked.CompareExchange(ref _readers, readers + 1, readers) == readers) return true;
        }
    }

    /// <summary>Ends reading.</summary>
    public void Release() => Interlocked.Decrement(ref _readers);

    /// <summary>Refuses new readers and waits for the present ones, each of which copies one segment at most.</summary>
    public void Revoke()
    {
        var spin = new SpinWait();
        while (true)
        {
            var readers = Volatile.Read(ref _readers);
            if (readers < 0) return;
            if (readers == 0 && Interlocked.CompareExchange(ref _readers, Revoked, 0) == 0) return;
            spin.SpinOnce();
        }
    }
}
