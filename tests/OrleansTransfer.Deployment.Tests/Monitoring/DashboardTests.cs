using System.Text.Json;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using OrleansTransfer.Deployment.Tests.Chart;

namespace OrleansTransfer.Deployment.Tests.Monitoring;

public sealed partial class DashboardTests(KubernetesTools tools)
{
    [Fact]
    public Task Every_query_is_one_that_Prometheus_can_read() =>
        Tool.AssertQueriesAsync(Dashboards.Queries.Select(query => Filled(query.Expression)));

    [Fact]
    public void Every_query_asks_for_one_release()
    {
        foreach (var query in Dashboards.Queries)
        {
            var selectors = query.Expression.Split('{').Skip(1).ToList();
            Assert.NotEmpty(selectors);
            Assert.All(selectors, selector => Assert.StartsWith("namespace=~\"$namespace\",job=\"$job\"", selector, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_variable_of_a_query_is_one_that_can_be_chosen()
    {
        foreach (var query in Dashboards.Queries)
        {
            var variables = Dashboards.All[query.Dashboard].GetProperty("templating").GetProperty("list").EnumerateArray()
                .Select(variable => variable.GetProperty("name").GetString()!);
            Assert.Subset(variables.ToHashSet(), Variable().Matches(query.Expression).Select(match => match.Groups[1].Value).ToHashSet());
        }
    }

    [Fact]
    public void Every_panel_has_its_place_and_a_data_source_that_can_be_chosen()
    {
        Assert.Equal(["cluster", "exchange", "experiment", "sweep"], Dashboards.All.Keys.Order());
        Assert.Equal(Dashboards.All.Count, Dashboards.All.Values.Select(dashboard => dashboard.GetProperty("uid").GetString()).Distinct().Count());
        foreach (var dashboard in Dashboards.All.Values)
        {
            var panels = Dashboards.Panels(dashboard).ToList();
            Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
            var cells = panels.Select(panel => panel.GetProperty("gridPos")).SelectMany(Cells).ToList();
            Assert.Equal(cells.Count, cells.Distinct().Count());
            Assert.All(cells, cell => Assert.InRange(cell.X, 0, 23));
            foreach (var panel in panels.Where(panel => panel.GetProperty("type").GetString() != "row"))
                Assert.Equal("$datasource", panel.GetProperty("datasource").GetProperty("uid").GetString());
        }
    }

    [Fact]
    public async Task The_chart_hands_them_over_as_they_are()
    {
        var manifest = await tools.RenderAsync(KubernetesTools.Release, Installations.All["production"]);

        var map = Assert.Single(manifest.Of<V1ConfigMap>());
        Assert.Equal("1", map.Labels()["grafana_dashboard"]);
        Assert.Equal(Dashboards.All.Keys.Select(name => $"{name}.json").Order(), map.Data.Keys.Order());
        foreach (var (name, dashboard) in Dashboards.All)
            Assert.True(JsonElement.DeepEquals(dashboard, JsonElement.Parse(map.Data[$"{name}.json"])));
    }

    private static string Filled(string expression) => expression
        .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
        .Replace("$namespace", ".*", StringComparison.Ordinal)
        .Replace("$job", "otx", StringComparison.Ordinal)
        .Replace("$experiment", "run-1", StringComparison.Ordinal)
        .Replace("$sweep", "search-1", StringComparison.Ordinal);

    // Those that begin with two underscores are Grafana's own.
    [GeneratedRegex(@"\$(?!__)(\w+)")]
    private static partial Regex Variable();

    private static IEnumerable<(int X, int Y)> Cells(JsonElement place)
    {
        int Of(string name) => place.GetProperty(name).GetInt32();
        for (var x = Of("x"); x < Of("x") + Of("w"); x++)
            for (var y = Of("y"); y < Of("y") + Of("h"); y++) yield return (x, y);
    }
}
