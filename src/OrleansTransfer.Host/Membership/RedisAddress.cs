using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using OrleansTransfer.Host.Doctor;
using StackExchange.Redis;

namespace OrleansTransfer.Host.Membership;

/// <summary>The Redis server that keeps a cluster's membership, as <c>--redis</c> names it. What may be a secret never shows in a message.</summary>
internal sealed partial class RedisAddress
{
    private static readonly TimeSpan s_attempt = TimeSpan.FromSeconds(5), s_retry = TimeSpan.FromMilliseconds(250);

    private const int Pings = 9;

    private readonly ConfigurationOptions _options;

    private RedisAddress(ConfigurationOptions options, string shown) => (_options, Shown) = (options, shown);

    /// <summary>The server without its options.</summary>
    public string Shown { get; }

    /// <summary>Reads <c>host:port[,options]</c> in the form of StackExchange.Redis.</summary>
    /// <exception cref="NodeStartException">It is not of that form.</exception>
    public static RedisAddress Parse(string text)
    {
        const string Form = "--redis takes HOST:PORT[,options], for instance 127.0.0.1:6379 or redis.example:6380,ssl=true,password=...";

        // Only what surely is an address may be shown: what follows a comma can be a piece of a password.
        var shown = text.Split(',')[0].Trim();
        if (!HostAndPort().IsMatch(shown)) throw new NodeStartException($"That is not the address of a Redis server: {Form}.");
        try
        {
            return new(ConfigurationOptions.Parse(text), shown);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // Its message may quote a value; the name of an option is not one.
            var option = exception is ArgumentException { ParamName: { Length: > 0 } name } ? $" near '{name}'" : "";
            throw new NodeStartException($"The options of the Redis server {shown} cannot be read{option}: {Form}.", exception);
        }
    }

    /// <summary>Waits until the server answers.</summary>
    /// <exception cref="ClusterNotFoundException">It did not before the deadline, or it refuses this client.</exception>
    public async Task ReachAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(deadline);
        var probe = _options.Clone();
        probe.AbortOnConnectFail = true;
        probe.ConnectRetry = 1;
        probe.ConnectTimeout = Math.Min(probe.ConnectTimeout, (int)s_attempt.TotalMilliseconds);
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    await PingAsync(probe).WaitAsync(patience.Token);
                    return;
                }
                catch (RedisException exception) when (Refusal(exception) is not { } refusal)
                {
                    last = exception;
                }

                await Task.Delay(s_retry, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ClusterNotFoundException(
                $"The Redis server {Shown} cannot be reached (tried for {deadline.TotalSeconds:0} s). Start it, or correct --redis.", last);
        }
        catch (RedisException exception)
        {
            throw new ClusterNotFoundException($"The Redis server {Shown} {Refusal(exception)}. Correct --redis.", exception);
        }
    }

    /// <summary>Asks the server for its clock.</summary>
    /// <exception cref="RedisException">It cannot be asked.</exception>
    public async Task<ClockSkew> CompareClocksAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        return await CompareClocksAsync(connection.GetDatabase());
    }

    /// <summary>Asks the server for its state. What it does not let this user ask stays unknown.</summary>
    /// <exception cref="RedisException">It cannot be asked.</exception>
    public async Task<RedisServerState> InspectAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        var database = connection.GetDatabase();
        var latencies = new List<TimeSpan>();
        for (var ping = 0; ping < Pings; ping++) latencies.Add(await database.PingAsync());
        latencies.Sort();
        var info = await ReadInfoAsync(database);
        var keepsData = info.TryGetValue("aof_enabled", out var log) && info.TryGetValue("rdb_last_save_time", out _)
            ? log == "1" || await ReadSettingAsync(database, "save") is not ""
            : (bool?)null;
        var policy = info.GetValueOrDefault("maxmemory", "0") == "0" ? null : info.GetValueOrDefault("maxmemory_policy");
        return new(
            Version.TryParse(info.GetValueOrDefault("redis_version"), out var version) ? version : new(0, 0),
            latencies[Pings / 2],
            await CompareClocksAsync(database),
            info.GetValueOrDefault("role") == "slave",
            keepsData,
            policy);
    }

    /// <summary>The silos that the membership of a cluster has, dead ones too; none where it cannot be asked now.</summary>
    public async Task<IReadOnlyList<RedisMember>> ReadMembersAsync(string clusterId, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await ConnectAsync(cancellationToken);
            return RedisMember.Read(await connection.GetDatabase().HashGetAllAsync(MembershipKey(clusterId)).WaitAsync(cancellationToken));
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return [];
        }
    }

    /// <summary>Where Orleans keeps the membership of a cluster: a hash with a field for each silo, and one for its version.</summary>
    public static RedisKey MembershipKey(string clusterId) => $"{NodeComposition.ServiceName}/members/{clusterId}";

    /// <summary>Makes the server keep the silo's membership.</summary>
    public void Configure(ISiloBuilder silo) => silo.UseRedisClustering(redis => redis.ConfigurationOptions = _options);

    /// <summary>Makes a client look for the silos in the server.</summary>
    public void Configure(IClientBuilder client) => client.UseRedisClustering(redis => redis.ConfigurationOptions = _options);

    /// <summary>Opens a connection of its own, which mends itself.</summary>
    /// <exception cref="RedisException">The server cannot be reached.</exception>
    public async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        var options = _options.Clone();
        options.AbortOnConnectFail = true;
        return await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
    }

    private static async Task<ClockSkew> CompareClocksAsync(IDatabase database)
    {
        var before = DateTimeOffset.UtcNow;
        var parts = (RedisValue[])(await database.ExecuteAsync("TIME"))!;
        var now = DateTimeOffset.FromUnixTimeSeconds((long)parts[0]).AddMicroseconds((long)parts[1]);
        return ClockSkew.Of(before, now, DateTimeOffset.UtcNow, TimeSpan.Zero);
    }

    private static async Task<Dictionary<string, string>> ReadInfoAsync(IDatabase database)
    {
        try
        {
            return ((string)(await database.ExecuteAsync("INFO"))!).Split('\n')
                .Select(line => line.Trim().Split(':', 2)).Where(pair => pair.Length == 2)
                .DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1]);
        }
        catch (RedisServerException)
        {
            return [];
        }
    }

    private static async Task<string?> ReadSettingAsync(IDatabase database, string name)
    {
        try
        {
            return (RedisValue[]?)await database.ExecuteAsync("CONFIG", "GET", name) is [_, var value] ? (string?)value : null;
        }
        catch (RedisServerException)
        {
            // Managed servers do not let their users ask.
            return null;
        }
    }

    private static async Task PingAsync(ConfigurationOptions options)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        await connection.GetDatabase().PingAsync();
    }

    // Why trying again is in vain, or null where it is not.
    private static string? Refusal(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure })
                return "refuses the user or the password";
            if (cause is RedisServerException { Message: var message } && !message.StartsWith("LOADING", StringComparison.Ordinal))
                return $"refuses this node: {message.TrimEnd('.')}";
        }

        return null;
    }

    [GeneratedRegex(@"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$")]
    private static partial Regex HostAndPort();
}
