using System.Text;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Gateway.Access;

/// <summary>The keys that are valid, as the keys file says at the moment.</summary>
public sealed class ApiKeyRing
{
    // Compared with where no key has the id, so that an answer takes as long whether there is one or not.
    private static readonly string s_noHash = ApiKey.Hash("");

    private readonly TimeProvider _time;

    /// <param name="path">The keys file.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public ApiKeyRing(string path, TimeProvider time)
    {
        _time = time;
        Files = new([path], contents =>
            ApiKeyFile.Parse(Encoding.UTF8.GetString(contents[0]), path).ToDictionary(key => key.Id, StringComparer.Ordinal));
    }

    /// <summary>The keys file.</summary>
    public WatchedFiles<Dictionary<string, ApiKeyEntry>> Files { get; }

    /// <summary>Whose key it is, or why it is of no use.</summary>
    public Identification Identify(string key)
    {
        if (ApiKey.IdOf(key) is not { } id)
            return Identification.Refused($"That is not a whole API key: keys begin with '{ApiKey.Prefix}' and have 56 characters.");
        var entry = Files.Current.GetValueOrDefault(id);
        if (!ApiKey.Matches(key, entry?.Hash ?? s_noHash) || entry is null)
            return Identification.Refused("The cluster does not know this API key: it was removed, or it is another cluster's.");
        var (state, since) = entry.StateAt(_time.GetUtcNow());
        var who = $"The API key '{entry.Name}' ({entry.Id})";
        return state switch
        {
            "valid" => new Caller("key", entry.Name, entry.Id, entry.Role),
            "expired" => Identification.Refused($"{who} expired at {since:u}. Ask for a new one (otx keys rotate {entry.Id})."),
            "revoked" => Identification.Refused($"{who} was revoked at {since:u}."),
            _ => Identification.Refused($"{who} is valid only from {since:u} on."),
        };
    }
}
