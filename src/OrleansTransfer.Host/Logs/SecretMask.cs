using System.Text.RegularExpressions;

namespace OrleansTransfer.Host.Logs;

/// <summary>
/// Takes secrets out of texts: the values of settings that are secrets by their name, wherever such a setting is quoted, and the secrets that this
/// node was given, wherever they are.
/// </summary>
/// <param name="configured">Settings of the node that may contain secrets; null entries are passed over.</param>
internal sealed partial class SecretMask(params IEnumerable<string?> configured)
{
    private const string Hidden = "***";

    // What is as short as this is in ordinary words too.
    private const int ShortestSecret = 6;

    private readonly string[] _known =
    [
        .. configured.OfType<string>().SelectMany(text => Settings().Matches(text).Select(match => match.Groups["value"].Value))
            .Where(value => value.Length >= ShortestSecret).Distinct().OrderByDescending(value => value.Length),
    ];

    /// <summary>The text without secrets.</summary>
    public string Apply(string text)
    {
        foreach (var secret in _known) text = text.Replace(secret, Hidden, StringComparison.Ordinal);
        return Settings().Replace(text, match => $"{match.Groups["name"].Value}{Hidden}");
    }

    // Of StackExchange.Redis, Azure's connection strings and shared access signatures, headers, and addresses with a user.
    [GeneratedRegex(
        """(?<name>\b(?:password|accountkey|sharedaccesssignature|sharedaccesskey|sig|api[-_]?key|secret)\s*=\s*|""" +
        """authorization:\s*\w+\s+|://[^\s:/@]*:(?=[^\s/@]*@))(?<value>[^\s,;&"'@]+)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Settings();
}
