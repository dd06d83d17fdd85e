using System.Security.Cryptography;
using System.Text;

namespace OrleansTransfer.Gateway.Access;

/// <summary>
/// Keys of the API: <c>otx_</c>, eight hexadecimal digits by which the key is found, <c>_</c>, and 43 random letters and digits, 256 bits. So many
/// cannot be guessed, whatever the hash costs: SHA-256 without salt keeps them as safe as a slow hash would, and costs no time per request.
/// </summary>
public static class ApiKey
{
    /// <summary>How every key begins.</summary>
    public const string Prefix = "otx_";

    private const string HashPrefix = "sha256:";
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int IdLength = 8, SecretLength = 43;

    /// <summary>A new key and its id.</summary>
    public static (string Id, string Key) Create()
    {
        var id = RandomNumberGenerator.GetHexString(IdLength, lowercase: true);
        return (id, $"{Prefix}{id}_{RandomNumberGenerator.GetString(Letters, SecretLength)}");
    }

    /// <summary>What is kept of a key: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public static string Hash(string key) => HashPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Whether a text has the form of <see cref="Hash"/>.</summary>
    public static bool IsHash(string text) => text.StartsWith(HashPrefix, StringComparison.Ordinal)
        && text.Length == HashPrefix.Length + 2 * SHA256.HashSizeInBytes && text.AsSpan(HashPrefix.Length).IndexOfAnyExcept("0123456789abcdef") < 0;

    /// <summary>Whether a text has the form of a key's id.</summary>
    public static bool IsId(string text) => text.Length == IdLength && text.AsSpan().IndexOfAnyExcept("0123456789abcdef") < 0;

    /// <summary>The id in a key; null where it has not the form of one.</summary>
    public static string? IdOf(string key) =>
        key.Length == Prefix.Length + IdLength + 1 + SecretLength && key.StartsWith(Prefix, StringComparison.Ordinal)
        && key[Prefix.Length + IdLength] == '_' && key[Prefix.Length..(Prefix.Length + IdLength)] is var id && IsId(id) ? id : null;

    /// <summary>Whether a key has this hash, in a time that does not tell how much of it fits.</summary>
    public static bool Matches(string key, string hash) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash(key)), Encoding.ASCII.GetBytes(hash));
}
