using System.Text.RegularExpressions;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>
/// The layers that a Keras file has weights of. A path ends with the layer's and the weight's name; what stands before them, such as a model that the
/// layer lies in, or the layer's name again, varies with the version of Keras.
/// </summary>
internal sealed partial class KerasLayers
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public KerasLayers(IEnumerable<string> paths)
    {
        foreach (var path in paths)
            foreach (var part in path.Split('/')[..^1])
                if (_names.Add(part)) Ordered.Add(part);
    }

    /// <summary>Names, in the file's order; those of models that layers lie in among them.</summary>
    public List<string> Ordered { get; } = [];

    public bool Has(string layer) => _names.Contains(layer);

    public bool HasAll(params ReadOnlySpan<string> layers)
    {
        foreach (var layer in layers) if (!Has(layer)) return false;
        return true;
    }

    /// <summary>Whether some layer's name begins so.</summary>
    public bool Any(string start) => Ordered.Exists(name => name.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Number of layers that Keras named itself, after their kind: <c>conv2d</c>, <c>conv2d_1</c>.</summary>
    public int Count(string kind) => Ordered.Count(name => name.StartsWith(kind, StringComparison.Ordinal)
        && (name.Length == kind.Length || (name[kind.Length] == '_' && name.AsSpan(kind.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0)));

    /// <summary>The layer of a weight, the innermost of the <paramref name="known"/> ones in its path; null where none is.</summary>
    public static string? LayerOf(string path, IReadOnlyDictionary<string, string> known) =>
        path.Split('/')[..^1].LastOrDefault(known.ContainsKey);

    /// <summary>
    /// What libtorch calls the weight: <c>weight</c> for <c>kernel:0</c> and <c>block1_conv1_W_1:0</c>, <c>bias</c> for <c>bias</c> and
    /// <c>block1_conv1_b_1:0</c>; null for others.
    /// </summary>
    public static string? RoleOf(string path)
    {
        var match = WeightName().Match(path[(path.LastIndexOf('/') + 1)..]);
        return !match.Success ? null : match.Groups["weight"].Success ? "weight" : "bias";
    }

    [GeneratedRegex(@"(?:\A|_)(?:(?<weight>kernel|W)|bias|b)(?:_[0-9]+)?(?::[0-9]+)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex WeightName();
}
