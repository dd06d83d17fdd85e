using System.Globalization;
using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Doctor;

/// <summary>The Redis server that keeps the membership.</summary>
internal static class RedisChecks
{
    private const string Name = "redis";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5), s_slow = TimeSpan.FromMilliseconds(100);
    private static readonly Version s_oldest = new(6, 0);

    public static async Task<IReadOnlyList<CheckResult>> MakeAsync(string text, CancellationToken cancellationToken)
    {
        var address = RedisAddress.Parse(text);
        try
        {
            await address.ReachAsync(s_patience, cancellationToken);
        }
        catch (ClusterNotFoundException exception)
        {
            return
            [
                CheckResult.Failed(Name, exception.Message,
                    $"Check that redis-server runs at {address.Shown} and listens to other machines, and user, password and ssl in OTX_REDIS."),
            ];
        }

        var server = await address.InspectAsync(cancellationToken);
        return [Judge(address, server), server.Clock.ToResult("clock", "the Redis server's")];
    }

    private static CheckResult Judge(RedisAddress address, RedisServerState server)
    {
        var found = string.Create(
            CultureInfo.InvariantCulture, $"{address.Shown}: version {server.Version}, {server.Latency.TotalMilliseconds:0.0} ms an answer");
        if (server.IsReplica)
            return CheckResult.Failed(Name, $"{found}, a replica that takes no writes", "Give the address of the primary server.");
        if (server.Version < s_oldest)
            return CheckResult.Warning(Name, found, $"Use Redis {s_oldest} or later: nothing older was tried.");
        if (server.EvictionPolicy is { } policy and not "noeviction")
        {
            return CheckResult.Warning(
                Name, $"{found}, evicts keys when memory is short ({policy})",
                "Set maxmemory-policy to noeviction: an evicted membership ends the cluster.");
        }

        if (server.KeepsData is false)
        {
            return CheckResult.Warning(
                Name, $"{found}, keeps nothing over a restart",
                "Set appendonly to yes: if no node lives that could write the membership again, runs have to be resumed by hand after a restart.");
        }

        return server.Latency > s_slow
            ? CheckResult.Warning(Name, found, "Use a server near the nodes: joining and declaring nodes dead wait for it.")
            : CheckResult.Ok(Name, found);
    }
}
