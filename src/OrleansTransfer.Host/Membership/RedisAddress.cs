using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace OrleansTransfer.Host.Membership;

/// <summary>The Redis server that keeps a cluster's membership, as <c>--redis</c> names it. What may be a secret never shows in a message.</summary>
internal sealed partial class RedisAddress
{
    private static readonly TimeSpan s_attempt = TimeSpan.FromSeconds(5), s_retry = TimeSpan.FromMilliseconds(250);

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

    /// <summary>Makes the server keep the silo's membership.</summary>
    public void Configure(ISiloBuilder silo) => silo.UseRedisClustering(redis => redis.ConfigurationOptions = _options);

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
