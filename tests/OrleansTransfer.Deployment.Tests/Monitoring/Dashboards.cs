using System.Text.Json;

namespace OrleansTransfer.Deployment.Tests.Monitoring;

/// <summary>A query of a dashboard.</summary>
internal sealed record DashboardQuery(string Dashboard, string Panel, string Expression);

/// <summary>The dashboards of the chart.</summary>
internal static class Dashboards
{
    public static IReadOnlyDictionary<string, JsonElement> All { get; } = Directory.GetFiles(Path.Combine(Repository.Chart, "dashboards"), "*.json")
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), file => JsonElement.Parse(File.ReadAllText(file)));

    public static IEnumerable<JsonElement> Panels(JsonElement dashboard) => dashboard.GetProperty("panels").EnumerateArray();

    public static IEnumerable<DashboardQuery> Queries =>
        from dashboard in All
        from panel in Panels(dashboard.Value)
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        select new DashboardQuery(dashboard.Key, panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!);
}
