using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Host.Membership;

internal sealed partial class RedisWatch
{
    [LoggerMessage(
        LogLevel.Error,
        "The Redis server {Redis} is out of reach: {Reason}. This node and its runs go on; until it is back no node can join or be declared dead")]
    private partial void LogAway(string redis, string reason);

    [LoggerMessage(LogLevel.Warning, "The Redis server {Redis} is back after {Seconds:0} s")]
    private partial void LogBack(string redis, double seconds);

    [LoggerMessage(
        LogLevel.Error,
        "The Redis server {Redis} had {What} membership of this cluster: it was wiped, or lost data when it started again. This node has written what it" +
        " knew, {Members} members. Let the server keep its data (appendonly yes)")]
    private partial void LogRestored(string redis, string what, int members);
}
