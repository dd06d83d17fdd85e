using System.Text.RegularExpressions;

namespace OrleansTransfer.Learning.Weights.Catalogue;

/// <summary>
/// The name of weights: <c>backbone/tag</c> in lower case. A tag has no dot, so that no name looks like the path of a file.
/// </summary>
/// <param name="Backbone">The network, by its name in <see cref="Models.Backbones"/>.</param>
/// <param name="Tag">Which of its weights.</param>
public sealed partial record WeightName(string Backbone, string Tag)
{
    /// <summary>Reads a name; null when the text has another shape.</summary>
    public static WeightName? TryParse(string text) =>
        Shape().Match(text) is { Success: true } match ? new(match.Groups[1].Value, match.Groups[2].Value) : null;

    /// <inheritdoc/>
    public override string ToString() => $"{Backbone}/{Tag}";

    [GeneratedRegex(@"\A([a-z0-9][a-z0-9_]*)/([a-z0-9][a-z0-9_-]*)\z")]
    private static partial Regex Shape();
}
