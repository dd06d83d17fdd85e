using System.Globalization;
using System.Net;
using System.Text;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>Draws a <see cref="DomainMap"/> as inline SVG.</summary>
internal static class DomainMapChart
{
    private const double Side = 330, Margin = 10, Top = 26;
    private const string SourceColour = "#2563eb", TargetColour = "#ea580c";

    /// <summary>Colours of classes, told apart by most people; after the last they begin again.</summary>
    private static readonly string[] s_palette =
        ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#cc6600", "#332288", "#44aa99"];

    /// <summary>The map in the colours of the domains, or of labels and predictions; source samples are dots, target samples are crosses.</summary>
    public static string Render(string title, DomainMap map, bool byClass)
    {
        var svg = new StringBuilder();
        void Append(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Append($"<svg viewBox=\"0 0 {Side} {Side + Top}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">");
        Append($"<text class=\"chart-title\" x=\"{Margin}\" y=\"16\">{WebUtility.HtmlEncode(title)}</text>");
        foreach (var point in map.Points)
        {
            var (x, y) = (Margin + point.X * (Side - 2 * Margin), Top + Margin + point.Y * (Side - 2 * Margin));
            var colour = byClass ? ColourOf(point.Class) : point.IsTarget ? TargetColour : SourceColour;
            if (point.IsTarget)
                Append($"<path d=\"M{x - 2.6:0.#} {y - 2.6:0.#}l5.2 5.2m0-5.2l-5.2 5.2\" stroke=\"{colour}\" stroke-width=\"1.3\"/>");
            else
                Append($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"2.6\" fill=\"{colour}\" fill-opacity=\"0.65\"/>");
        }
        return svg.Append("</svg>").ToString();
    }

    /// <summary>What the colours and marks mean.</summary>
    public static string Legend(IReadOnlyList<string> labels)
    {
        string Entry(string colour, string mark, string text) => $"<span style=\"color:{colour}\">{mark}</span> {WebUtility.HtmlEncode(text)}";
        var domains = $"{Entry(SourceColour, "&#9679;", "source")} &nbsp; {Entry(TargetColour, "&#10005;", "target")}";
        var classes = string.Join(" &nbsp; ", labels.Take(s_palette.Length).Select((label, i) => Entry(ColourOf(i), "&#9632;", label)));
        return $"<p class=\"sub\">{domains}. By class (label of a source sample, prediction for a target sample): {classes}</p>";
    }

    private static string ColourOf(int index) => s_palette[index % s_palette.Length];
}
