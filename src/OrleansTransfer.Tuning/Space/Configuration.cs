using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Tuning.Space;

/// <summary>
/// The values of one trial by recipe path, those of inactive parameters left out. Immutable; equal to another with the same paths and values, in
/// whatever order they were given.
/// </summary>
[JsonConverter(typeof(ConfigurationJsonConverter))]
public sealed class Configuration : IReadOnlyDictionary<string, ParameterValue>, IEquatable<Configuration>
{
    private readonly KeyValuePair<string, ParameterValue>[] _values;

    /// <exception cref="ArgumentException">A path occurs twice.</exception>
    public Configuration(IEnumerable<KeyValuePair<string, ParameterValue>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _values = [.. values];
        Array.Sort(_values, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        for (var i = 1; i < _values.Length; i++)
            if (_values[i].Key == _values[i - 1].Key) throw new ArgumentException($"'{_values[i].Key}' occurs twice.", nameof(values));
        Key = $"{{{string.Join(',', _values.Select(pair => $"{JsonSerializer.Serialize(pair.Key)}:{pair.Value.ToJson()}"))}}}";
    }

    /// <summary>No values.</summary>
    public static Configuration Empty { get; } = new([]);

    /// <summary>Canonical text: JSON with the paths in ordinal order. Equal exactly when the configurations are.</summary>
    public string Key { get; }

    /// <summary>Number of active parameters.</summary>
    public int Count => _values.Length;

    /// <summary>Paths in ordinal order.</summary>
    public IEnumerable<string> Keys => _values.Select(pair => pair.Key);

    /// <summary>Values in the order of <see cref="Keys"/>.</summary>
    public IEnumerable<ParameterValue> Values => _values.Select(pair => pair.Value);

    /// <exception cref="KeyNotFoundException">There is no value at that path.</exception>
    public ParameterValue this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"No value for '{key}' in {Key}.");

    /// <summary>The same with another value, or one more.</summary>
    public Configuration With(string path, ParameterValue value) => new([.. _values.Where(pair => pair.Key != path), new(path, value)]);

    /// <inheritdoc/>
    public bool ContainsKey(string key) => Find(key) >= 0;

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out ParameterValue value)
    {
        var index = Find(key);
        value = index < 0 ? default : _values[index].Value;
        return index >= 0;
    }

    /// <inheritdoc/>
    public bool Equals(Configuration? other) => other is not null && Key == other.Key;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Configuration);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Key, StringComparison.Ordinal);

    /// <summary><see cref="Key"/>.</summary>
    public override string ToString() => Key;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, ParameterValue>> GetEnumerator() => _values.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(string key)
    {
        var (low, high) = (0, _values.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(_values[middle].Key, key);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }
}
