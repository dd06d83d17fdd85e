namespace OrleansTransfer.Gateway.Access;

/// <summary>What a keys file says of one key.</summary>
/// <param name="Id">Eight hexadecimal digits, which are also in the key.</param>
/// <param name="Name">Whose it is: 1 to 63 letters, digits and <c>-_.@</c>. Several keys may have one name, as during a rotation.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Hash">See <see cref="ApiKey.Hash"/>.</param>
public sealed record ApiKeyEntry(string Id, string Name, ApiRole Role, string Hash)
{
    private const int LongestName = 63;

    /// <summary>From when on it is valid; null: always has been.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Until when it is valid; null: for ever.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was withdrawn; null: it was not.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>Whether a text can name a key.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= LongestName && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');

    /// <summary>Valid, expired, not valid yet, or revoked; with the time it happened where it is not valid.</summary>
    public (string State, DateTimeOffset? Since) StateAt(DateTimeOffset now) => this switch
    {
        { Revoked: { } revoked } => ("revoked", revoked),
        { Expires: { } expires } when expires <= now => ("expired", expires),
        { NotBefore: { } start } when start > now => ("not valid yet", start),
        _ => ("valid", null),
    };
}
