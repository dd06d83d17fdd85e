using System.Globalization;
using System.Net;
using System.Text;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Shown in the legend.</param>
/// <param name="Colour">CSS colour.</param>
/// <param name="Values">One value per epoch; NaN leaves a gap.</param>
internal sealed record ChartLine(string Name, string Colour, IReadOnlyList<double> Values);

/// <summary>Draws values per epoch as inline SVG.</summary>
internal static class LineChart
{
    private const double Width = 460, Height = 240, Left = 46, Right = 14, Top = 30, Bottom = 34;

    /// <param name="ceiling">The upper end of the axis where it is fixed, for instance 1 for an accuracy.</param>
    public static string Render(string title, IReadOnlyList<ChartLine> lines, double? ceiling = null)
    {
        var values = lines.SelectMany(line => line.Values).Where(double.IsFinite).ToList();
        var epochs = lines.Max(line => line.Values.Count);
        var low = ceiling is null ? 0 : Math.Min(0.9, values.DefaultIfEmpty(0).Min());
        var high = ceiling ?? values.DefaultIfEmpty(1).Max();
        var step = NiceSteps.AtLeast(Math.Max(high - low, 1e-9) / 4);
        low = Math.Floor((low / step) + 1e-9) * step;
        high = ceiling ?? Math.Max(Math.Ceiling((high / step) - 1e-9) * step, low + step);
        double X(int epoch) => epochs <= 1 ? (Left + Width - Right) / 2 : Left + (epoch * (Width - Left - Right) / (epochs - 1));
        double Y(double value) => Height - Bottom - ((value - low) / (high - low) * (Height - Top - Bottom));

        var svg = new StringBuilder();
        void Append(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Append($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)} per epoch\">");
        Append($"<text class=\"chart-title\" x=\"{Left}\" y=\"16\">{WebUtility.HtmlEncode(title)}</text>");
        for (var tick = low; tick <= high + (step / 2); tick += step)
        {
            Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\"/>");
            Append($"<text class=\"tick\" x=\"{Left - 6}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\">{tick:0.####}</text>");
        }
        var stride = Math.Max(1, (epochs + 9) / 10);
        for (var epoch = 0; epoch < epochs; epoch += stride)
            Append($"<text class=\"tick\" x=\"{X(epoch):0.#}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{epoch + 1}</text>");
        Append($"<text class=\"tick\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 4}\" text-anchor=\"middle\">epoch</text>");
        var legend = Width - Right;
        foreach (var line in lines.Reverse())
        {
            var name = WebUtility.HtmlEncode(line.Name);
            Append($"<text class=\"legend\" x=\"{legend}\" y=\"16\" text-anchor=\"end\" fill=\"{line.Colour}\">&#9632; {name}</text>");
            legend -= (line.Name.Length * 7) + 30;
        }
        foreach (var line in lines)
        {
            var points = line.Values.Index().Where(point => double.IsFinite(point.Item)).ToList();
            var pen = 'M';
            var path = new StringBuilder();
            for (var epoch = 0; epoch < line.Values.Count; epoch++)
            {
                if (!double.IsFinite(line.Values[epoch])) pen = 'M';
                else
                {
                    path.Append(CultureInfo.InvariantCulture, $"{pen}{X(epoch):0.#} {Y(line.Values[epoch]):0.#} ");
                    pen = 'L';
                }
            }
            Append($"<path d=\"{path.ToString().TrimEnd()}\" fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"2\"/>");
            foreach (var (epoch, value) in points)
            {
                Append($"<circle cx=\"{X(epoch):0.#}\" cy=\"{Y(value):0.#}\" r=\"3\" fill=\"{line.Colour}\">");
                Append($"<title>epoch {epoch + 1}: {value:0.####}</title></circle>");
            }
        }
        return svg.Append("</svg>").ToString();
    }
}
