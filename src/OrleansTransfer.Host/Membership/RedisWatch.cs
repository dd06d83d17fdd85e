using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace OrleansTransfer.Host.Membership;

/// <summary>
/// Says when the Redis server is out of reach and when it is back, and keeps a copy of the membership. A server that comes back without its data, or
/// with older ones, gets them again from whichever node sees it first: the version of the membership only ever rises, so a lower one is a loss.
/// </summary>
internal sealed partial class RedisWatch(RedisAddress redis, string clusterId, TimeProvider time, ILogger<RedisWatch> logger) : BackgroundService
{
    // Field of the membership's hash, beside one for each silo.
    private const string VersionField = "Version";

    // A hiccup of a second or two is nothing to tell anybody.
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1), s_hiccup = TimeSpan.FromSeconds(3);

    private readonly RedisKey _key = RedisAddress.MembershipKey(clusterId);
    private HashEntry[] _copy = [];
    private DateTimeOffset? _lost;
    private bool _told;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ConnectionMultiplexer? connection = null;
        using var timer = new PeriodicTimer(s_period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    connection ??= await redis.ConnectAsync(stoppingToken);
                    await LookAsync(connection.GetDatabase());
                    IsThere();
                }
                catch (Exception exception) when (exception is RedisException or TimeoutException)
                {
                    IsAway(exception);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
        finally
        {
            if (connection is not null) await connection.DisposeAsync();
        }
    }

    /// <summary>The version of a membership; -1 where there is none.</summary>
    internal static long VersionOf(IEnumerable<HashEntry> membership) =>
        membership.FirstOrDefault(entry => entry.Name == VersionField).Value is { IsNull: false } value && value.TryParse(out long version)
            ? version
            : -1;

    private async Task LookAsync(IDatabase database)
    {
        var stored = await database.HashGetAllAsync(_key);
        var (now, known) = (VersionOf(stored), VersionOf(_copy));
        if (now >= known)
        {
            _copy = stored;
            return;
        }

        var transaction = database.CreateTransaction();
        transaction.AddCondition(now < 0 ? Condition.HashNotExists(_key, VersionField) : Condition.HashEqual(_key, VersionField, now));
        _ = transaction.KeyDeleteAsync(_key);
        _ = transaction.HashSetAsync(_key, _copy);
        // Whoever was faster did the same.
        if (await transaction.ExecuteAsync()) LogRestored(redis.Shown, now < 0 ? "no" : "an older", _copy.Length - 1);
    }

    private void IsAway(Exception exception)
    {
        _lost ??= time.GetUtcNow();
        if (_told || time.GetUtcNow() - _lost < s_hiccup) return;
        _told = true;
        LogAway(redis.Shown, exception is TimeoutException ? "it does not answer in time" : "the connection is gone");
    }

    private void IsThere()
    {
        if (_told) LogBack(redis.Shown, (time.GetUtcNow() - _lost!.Value).TotalSeconds);
        (_lost, _told) = (null, false);
    }
}
