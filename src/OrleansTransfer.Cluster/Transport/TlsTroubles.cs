using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>What went wrong with TLS on this node, in words.</summary>
public sealed partial class TlsTroubles(ILogger<TlsTroubles> logger, TimeProvider time)
{
    // Nodes try again every second.
    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _said = new(StringComparer.Ordinal);

    /// <summary>The newest trouble with a connection that this node opened, a sentence; null: there was none.</summary>
    public string? LastOutgoing { get; private set; }

    /// <summary>Keeps and logs a trouble; the same one at most once a minute.</summary>
    public void Report(string sentence, bool outgoing)
    {
        lock (_gate)
        {
            if (outgoing) LastOutgoing = sentence;
            var now = time.GetUtcNow();
            foreach (var old in _said.Where(one => now - one.Value > s_silence).Select(one => one.Key).ToList()) _said.Remove(old);
            if (!_said.TryAdd(sentence, now)) return;
        }
        LogTrouble(logger, sentence);
    }

    /// <summary>Why a connection that this node opened, or took, could not be secured: a sentence.</summary>
    /// <param name="peer">Who is at the other end.</param>
    /// <param name="outgoing">Whether this node opened it.</param>
    /// <param name="error">What the handshake threw.</param>
    /// <param name="refused">Why this node does not take the other's certificate; null if that was not the reason.</param>
    public static string Describe(string peer, bool outgoing, Exception error, string? refused) => (refused, error) switch
    {
        ({ } reason, _) => $"This node does not take the certificate of {peer}: {reason}.",
        (_, OperationCanceledException or TimeoutException) => $"There was no TLS handshake with {peer} in time.",
        (_, AuthenticationException { InnerException: null }) when !error.Message.Contains("alert", StringComparison.OrdinalIgnoreCase) =>
            $"{peer} does not speak TLS: nodes of one cluster need --tls-cert, --tls-key and --tls-ca all, or none of them.",
        _ when outgoing =>
            $"{peer} broke off the TLS handshake: it does not take this node's certificate (its log says why), or does not speak TLS.",
        _ => $"{peer} broke off the TLS handshake: it does not take this node's certificate.",
    };

    [LoggerMessage(LogLevel.Warning, "{Trouble}")]
    private static partial void LogTrouble(ILogger logger, string trouble);
}
