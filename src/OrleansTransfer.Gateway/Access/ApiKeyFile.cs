using System.Globalization;
using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Gateway.Access;

/// <summary>
/// The keys file: YAML, or JSON, which is YAML, with a list <c>keys</c> of entries with <c>id</c>, <c>name</c>, <c>role</c>, <c>hash</c> and, if
/// wanted, <c>notBefore</c>, <c>expires</c> and <c>revoked</c>.
/// </summary>
public static class ApiKeyFile
{
    private const string Root = "keys";
    private static readonly string[] s_fields = ["id", "name", "role", "hash", "notBefore", "expires", "revoked"];

    /// <summary>Reads the entries.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <exception cref="FormatException">Something in it is wrong; says where, what, and what is allowed.</exception>
    public static IReadOnlyList<ApiKeyEntry> Parse(string text, string source)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            // Its own message may quote the line, which may hold a key that somebody put there by mistake.
            throw Wrong(source, e.Start.Line, "this is not YAML");
        }
        if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root || root.Children.Count != 1
            || !root.Children.TryGetValue(new YamlScalarNode(Root), out var list) || list is not YamlSequenceNode entries)
        {
            throw Wrong(source, 1, $"expected one list, '{Root}', of API keys; `otx keys create --file {source}` makes the first");
        }

        List<ApiKeyEntry> keys = [.. entries.Children.Select(node => Read(node, source))];
        if (keys.CountBy(key => key.Id).FirstOrDefault(id => id.Value > 1) is { Key: { } twice })
            throw new FormatException($"{source}: the id '{twice}' belongs to two keys.");
        return keys;
    }

    /// <summary>The file that says this.</summary>
    /// <param name="keys">The entries.</param>
    /// <param name="json">Whether it is JSON.</param>
    public static string Format(IReadOnlyList<ApiKeyEntry> keys, bool json)
    {
        if (json)
        {
            var entries = keys.Select(key => FieldsOf(key).ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal));
            return JsonSerializer.Serialize(new { keys = entries }, ApiJson.Options) + "\n";
        }
        var yaml = new StringBuilder("# Keys of the API by their hashes; the keys themselves are nowhere. `otx keys` changes this file.\n");
        yaml.Append(keys.Count == 0 ? $"{Root}: []\n" : $"{Root}:\n");
        foreach (var key in keys)
            foreach (var (place, (name, value)) in FieldsOf(key).Index())
                yaml.Append(CultureInfo.InvariantCulture, $"{(place == 0 ? "- " : "  ")}{name}: \"{value}\"\n");
        return yaml.ToString();
    }

    private static IEnumerable<(string Name, string Value)> FieldsOf(ApiKeyEntry key)
    {
        yield return ("id", key.Id);
        yield return ("name", key.Name);
        yield return ("role", key.Role.Name());
        yield return ("hash", key.Hash);
        if (key.NotBefore is { } notBefore) yield return ("notBefore", Format(notBefore));
        if (key.Expires is { } expires) yield return ("expires", Format(expires));
        if (key.Revoked is { } revoked) yield return ("revoked", Format(revoked));
    }

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static ApiKeyEntry Read(YamlNode node, string source)
    {
        var line = node.Start.Line;
        if (node is not YamlMappingNode mapping) throw Wrong(source, line, "expected a key's id, name, role and hash");
        var values = new Dictionary<string, (string Text, long Line)>(StringComparer.Ordinal);
        foreach (var (field, value) in mapping.Children)
        {
            var name = field is YamlScalarNode { Value: { } text } ? text : "";
            if (!s_fields.Contains(name)) throw Wrong(source, field.Start.Line, $"'{name}' is none of {string.Join(", ", s_fields)}");
            if (value is not YamlScalarNode { Value: { } scalar }) throw Wrong(source, value.Start.Line, $"{name} is not a single value");
            values[name] = (scalar, value.Start.Line);
        }

        string Needed(string name, Func<string, bool> fits, string expected) => !values.TryGetValue(name, out var value)
            ? throw Wrong(source, line, $"a key without {name}; expected {expected}")
            : fits(value.Text) ? value.Text : throw Wrong(source, value.Line, $"{name} is not {expected}");

        DateTimeOffset? Time(string name) => !values.TryGetValue(name, out var value) || value.Text.Length == 0 ? null
            : DateTimeOffset.TryParse(value.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : throw Wrong(source, value.Line, $"{name} is not a time such as 2027-01-31T12:00:00Z");

        return new(
            Needed("id", ApiKey.IsId, "eight hexadecimal digits"),
            Needed("name", ApiKeyEntry.IsName, "1 to 63 letters, digits, '-', '_', '.' or '@'"),
            ApiRoles.Find(Needed("role", role => ApiRoles.Find(role) is not null, $"one of {string.Join(", ", ApiRoles.Names)}"))!.Value,
            Needed("hash", ApiKey.IsHash, "sha256: and 64 hexadecimal digits (never the key itself)"))
        {
            NotBefore = Time("notBefore"),
            Expires = Time("expires"),
            Revoked = Time("revoked"),
        };
    }

    private static FormatException Wrong(string source, long line, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{source}, line {line}: {what}."));
}
