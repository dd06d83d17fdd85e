using System.Net;
using System.Threading.RateLimiting;

namespace OrleansTransfer.Gateway.Access;

/// <summary>Counts what callers ask for. Callers who are known are counted by themselves, wherever they are; others by their address.</summary>
internal sealed class RequestLimits(RequestLimitOptions options) : IDisposable
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1), s_minute = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<string> _requests =
        Create(caller => (options.RequestsPerSecond ?? RequestLimitOptions.UsualRequestsPerSecond) is var most && most == 0
            ? RateLimitPartition.GetNoLimiter(caller)
            : RateLimitPartition.GetTokenBucketLimiter(caller, _ => new()
            {
                TokenLimit = 2 * most,
                TokensPerPeriod = most,
                ReplenishmentPeriod = s_second,
            }));

    private readonly PartitionedRateLimiter<string> _refusals = Create(address => options.RefusalsPerMinute == 0
        ? RateLimitPartition.GetNoLimiter(address)
        : RateLimitPartition.GetFixedWindowLimiter(address, _ => new() { PermitLimit = options.RefusalsPerMinute, Window = s_minute }));

    private readonly PartitionedRateLimiter<string> _told =
        Create(caller => RateLimitPartition.GetFixedWindowLimiter(caller, _ => new() { PermitLimit = 1, Window = s_minute }));

    private readonly PartitionedRateLimiter<string> _streams = Create(caller => options.StreamsPerCaller == 0
        ? RateLimitPartition.GetNoLimiter(caller)
        : RateLimitPartition.GetConcurrencyLimiter(caller, _ => new() { PermitLimit = options.StreamsPerCaller }));

    /// <summary>Counts a request; returns after how long another one may come where it is one too many, else null.</summary>
    public TimeSpan? Count(Caller caller, IPAddress? address) => Take(_requests, KeyOf(caller, address), s_second);

    /// <summary>Counts a request without valid key or token; returns likewise.</summary>
    public TimeSpan? CountRefusal(IPAddress? address) => Take(_refusals, $"{address}", s_minute);

    /// <summary>Whether no request of a caller, or of an address where the caller is not known, was held back in the last minute.</summary>
    public bool IsFirstOfItsMinute(Caller? caller, IPAddress? address) =>
        Take(_told, caller is null ? $"unknown {address}" : KeyOf(caller, address), s_minute) is null;

    /// <summary>Counts a stream until the answer is disposed; null where it is one too many.</summary>
    public RateLimitLease? Follow(Caller caller, IPAddress? address)
    {
        var lease = _streams.AttemptAcquire(KeyOf(caller, address));
        if (lease.IsAcquired) return lease;
        lease.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _requests.Dispose();
        _refusals.Dispose();
        _told.Dispose();
        _streams.Dispose();
    }

    private static PartitionedRateLimiter<string> Create(Func<string, RateLimitPartition<string>> partition) =>
        PartitionedRateLimiter.Create(partition, StringComparer.Ordinal);

    private static string KeyOf(Caller caller, IPAddress? address) =>
        caller.Kind == "anonymous" ? $"{address}" : $"{caller.Kind} {caller.Id ?? caller.Name}";

    private static TimeSpan? Take(PartitionedRateLimiter<string> limiter, string key, TimeSpan otherwise)
    {
        using var lease = limiter.AttemptAcquire(key);
        if (lease.IsAcquired) return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var after) && after > TimeSpan.Zero ? after : otherwise;
    }
}
