using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansTransfer.Learning.Transfer;

/// <summary>Reads a recipe's <c>transfer.unfreeze</c>.</summary>
public static partial class StageSelector
{
    /// <summary>
    /// The stages that <paramref name="selection"/> names, in the model's order: <c>all</c>, <c>none</c>, <c>last-N-stages</c>, or a stage name in
    /// which <c>*</c> stands for any characters (<c>layer4</c>, <c>features.1*</c>).
    /// </summary>
    /// <param name="selection">What the recipe says.</param>
    /// <param name="stages">All stage names of the backbone, from input to output.</param>
    /// <exception cref="LearningException">The selection names no stage, or more stages than there are.</exception>
    public static IReadOnlyList<string> Parse(string selection, IReadOnlyList<string> stages)
    {
        var text = selection.Trim();
        if (text == "all") return [.. stages];
        if (text == "none") return [];

        if (LastStages().Match(text) is { Success: true } last)
        {
            var isNumber = int.TryParse(last.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
            if (!isNumber || count < 1 || count > stages.Count)
                throw new LearningException($"unfreeze: '{text}' does not fit: the backbone has {stages.Count} stages ({string.Join(", ", stages)}), "
                    + $"so N in last-N-stages is 1 to {stages.Count}.");
            return [.. stages.Skip(stages.Count - count)];
        }

        var pattern = new Regex("^" + Regex.Escape(text).Replace("\\*", ".*") + "$", RegexOptions.CultureInvariant);
        var selected = stages.Where(stage => pattern.IsMatch(stage)).ToList();
        return selected.Count > 0
            ? selected
            : throw new LearningException($"unfreeze: '{text}' matches no stage. Use all, none, last-N-stages, or a name or pattern "
                + $"(layer4, features.1*) of these stages: {string.Join(", ", stages)}.");
    }

    [GeneratedRegex("^last-([0-9]+)-stages?$", RegexOptions.CultureInvariant)]
    private static partial Regex LastStages();
}
