namespace OrleansTransfer.Cli.Sweeps.Report;

/// <summary>What colours mean.</summary>
internal static class ColourLegend
{
    private const double BarLeft = 200, BarWidth = 180, Width = 720;

    /// <summary>A bar from the worst to the best, and the accent of the best trial.</summary>
    public static string Render(string metric, MetricScale scale)
    {
        var svg = new Svg(Width, 26, $"Colours from {scale.WorstLabel} to {scale.BestLabel}", "legend-bar");
        svg.Add($"<defs><linearGradient id=\"goodness\">");
        for (var i = 0; i <= 6; i++) svg.Add($"<stop offset=\"{i / 6.0:0.###}\" stop-color=\"{MetricScale.ColourOf(i / 6.0)}\"/>");
        svg.Add($"</linearGradient></defs>");
        svg.Text(BarLeft - 8, 17, $"{metric} {scale.WorstLabel}", "tick", "end");
        svg.Add($"<rect x=\"{BarLeft}\" y=\"7\" width=\"{BarWidth}\" height=\"12\" rx=\"2\" fill=\"url(#goodness)\"/>");
        svg.Text(BarLeft + BarWidth + 8, 17, scale.BestLabel, "tick");
        Sample(480, MetricScale.Accent, "best trial");
        Sample(590, MetricScale.Nothing, "no value");
        return svg.ToString();

        void Sample(double x, string colour, string name)
        {
            svg.Add($"<line x1=\"{x}\" x2=\"{x + 24}\" y1=\"13\" y2=\"13\" stroke=\"{colour}\" stroke-width=\"3\"/>");
            svg.Text(x + 31, 17, name, "tick");
        }
    }
}
