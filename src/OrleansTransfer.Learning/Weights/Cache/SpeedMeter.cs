namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>How fast bytes come, over the last seconds.</summary>
internal sealed class SpeedMeter(TimeProvider time)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(5), s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Queue<(long Timestamp, long Bytes)> _samples = new();
    private long _bytes, _reported;

    /// <summary>Counts bytes that came; returns the speed in bytes per second a few times a second, and null in between.</summary>
    public double? Add(int count)
    {
        _bytes += count;
        var now = time.GetTimestamp();
        if (_samples.Count > 0 && time.GetElapsedTime(_reported, now) < s_interval) return null;
        _reported = now;
        _samples.Enqueue((now, _bytes));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Timestamp, now) > s_window) _samples.Dequeue();
        var (since, before) = _samples.Peek();
        var seconds = time.GetElapsedTime(since, now).TotalSeconds;
        return seconds > 0 ? (_bytes - before) / seconds : 0;
    }
}
