using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed partial class DashboardTests(DrawnLeaves leaves)
{
    private const string Job = "otx";

    // Panels whose queries may return nothing, or no number, while all is well, and why.
    private static readonly Dictionary<string, string> s_quiet = new()
    {
        ["Wait in the queue"] = "the only experiment got its devices before the first scrape, which leaves no rate to take a percentile of",
    };

    [Fact]
    public async Task Every_query_of_every_dashboard_returns_data_from_a_run_on_two_nodes()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 2);
        await using var prometheus = PrometheusServer.Start(Job, cluster.Nodes.Select(node => node.Http["http://".Length..]));
        await using var train = OtxProcess.Start(
            [.. Training.SqueezeNet(leaves, epochs: 2000), "--workers", "2", "--cluster", cluster.Nodes[0].Http, "--set", "checkpoint.everySteps=2"]);
        await train.WaitForLineAsync(line => line.StartsWith("epoch 1/", StringComparison.Ordinal), onError: true);
        var experiment = state.Experiment;
        await AnswerAsync(prometheus, cluster, Queries(name => name != "sweep", "$experiment", experiment), () => train.Transcript);
        Assert.Equal(["1", "1"], await prometheus.QueryAsync($"up{{job=\"{Job}\"}}"));
    }

    [Fact]
    public async Task Every_query_of_the_dashboard_of_sweeps_returns_data_from_a_sweep()
    {
        using var state = new StateFolder();
        await using var cluster = await TestCluster.StartAsync(state.Path, nodes: 1);
        await using var prometheus = PrometheusServer.Start(Job, cluster.Nodes.Select(node => node.Http["http://".Length..]));
        var sweep = await SweepRun.StartAsync(() => cluster.Nodes[0], leaves, trials: 1000, epochs: 1, method: "feature-extraction");

        await AnswerAsync(prometheus, cluster, Queries(name => name == "sweep", "$sweep", sweep.Id), () => $"{cluster.Transcript}\n{sweep.Now}");

        // Ids are gone with what they are of.
        await sweep.OrderAsync("cancel");
        await sweep.UntilAsync(
            () => !cluster.Nodes[0].GetAsync("/metrics").GetAwaiter().GetResult().Contains(sweep.Id, StringComparison.Ordinal), "ids to disappear",
            cluster.Transcript);
    }

    // Each of the queries once: a rate needs two scrapes with something between them.
    private static async Task AnswerAsync(
        PrometheusServer prometheus, TestCluster cluster, IEnumerable<(string Panel, string Query)> queries, Func<string> transcript)
    {
        var open = queries.ToList();
        Assert.NotEmpty(open);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(1.5));
        while (open.Count > 0 && !deadline.IsCancellationRequested)
        {
            // Somebody uses the API.
            await cluster.Nodes[0].GetAsync("/api/v1/cluster");
            var answered = new List<(string, string)>();
            foreach (var query in open)
                if ((await prometheus.QueryAsync(query.Query)).Any(value => value is not ("NaN" or "+Inf" or "-Inf"))) answered.Add(query);
            open.RemoveAll(answered.Contains);
            if (open.Count > 0) await Task.Delay(500, CancellationToken.None);
        }
        Assert.True(open.Count == 0, $"Nothing came back for:\n{string.Join('\n', open)}\n{transcript()}");
    }

    /// <summary>The queries of dashboards as Grafana would ask them.</summary>
    private static IEnumerable<(string Panel, string Query)> Queries(Func<string, bool> wanted, string variable, string id) =>
        from file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "dashboards"), "*.json")
        where wanted(Path.GetFileNameWithoutExtension(file))
        from panel in JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("panels").EnumerateArray()
        where panel.TryGetProperty("targets", out _) && !s_quiet.ContainsKey(panel.GetProperty("title").GetString()!)
        from target in panel.GetProperty("targets").EnumerateArray()
        select (panel.GetProperty("title").GetString()!, Filled(target.GetProperty("expr").GetString()!, variable, id));

    // What Grafana puts into a query, but with windows that fit a run of seconds.
    private static string Filled(string expression, string variable, string id) => Window().Replace(expression, "[10s]")
        .Replace("$namespace", ".*", StringComparison.Ordinal)
        .Replace("$job", Job, StringComparison.Ordinal)
        .Replace(variable, id, StringComparison.Ordinal);

    [GeneratedRegex(@"\[(\$__rate_interval|\d+[mh])\]")]
    private static partial Regex Window();
}
