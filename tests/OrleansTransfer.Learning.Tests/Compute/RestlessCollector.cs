namespace OrleansTransfer.Learning.Tests.Compute;

/// <summary>Collects garbage without pause on a thread of its own until it is disposed.</summary>
internal sealed class RestlessCollector : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    public RestlessCollector()
    {
        _thread = new(() =>
        {
            while (!_stop.IsCancellationRequested)
            {
                GC.Collect(0);
                Thread.Yield();
            }
        });
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }
}
