namespace OrleansTransfer.Learning.Tests.Weights.Cache;

/// <summary>The system's clock, on which waits of exactly one length pass at once and are counted.</summary>
internal sealed class SkippingTime(TimeSpan skipped) : TimeProvider
{
    private int _count;

    /// <summary>How many such waits there were.</summary>
    public int Count => _count;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == skipped) Interlocked.Increment(ref _count);
        return base.CreateTimer(callback, state, dueTime == skipped ? TimeSpan.Zero : dueTime, period);
    }
}
