using System.Globalization;
using System.Text;
using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>A drawing in the making.</summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();

    /// <param name="width">Units across.</param>
    /// <param name="height">Units down.</param>
    /// <param name="label">What it shows, for those who cannot see it.</param>
    /// <param name="css">Class of the whole.</param>
    public Svg(double width, double height, string label, string css = "") =>
        Add($"<svg viewBox=\"0 0 {width:0.#} {height:0.#}\" class=\"{css}\" role=\"img\" aria-label=\"{HtmlPage.Escape(label)}\">");

    /// <summary>Adds a piece; texts in it are escaped already.</summary>
    public void Add(FormattableString piece) => _text.Append(piece.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>Adds a text.</summary>
    /// <param name="anchor">Where it stands of its point: start, middle or end.</param>
    public void Text(double x, double y, string text, string css, string anchor = "start") =>
        Add($"<text class=\"{css}\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{HtmlPage.Escape(text)}</text>");

    /// <summary>Adds a straight line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string css) =>
        Add($"<line class=\"{css}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>");

    /// <summary>The whole.</summary>
    public override string ToString() => _text.ToString() + "</svg>\n";
}
