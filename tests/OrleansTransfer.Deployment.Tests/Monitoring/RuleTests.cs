using k8s;
using OrleansTransfer.Deployment.Tests.Chart;

namespace OrleansTransfer.Deployment.Tests.Monitoring;

public sealed class RuleTests(KubernetesTools tools)
{
    private static readonly string s_file = Path.Combine(Repository.Chart, "rules", "orleanstransfer.yaml");
    private static readonly string s_scenarios =
        Repository.At("tests", "OrleansTransfer.Deployment.Tests", "Monitoring", "alerts.test.yaml");

    private static RuleFile Rules => KubernetesYaml.Deserialize<RuleFile>(File.ReadAllText(s_file), strict: true);

    [Fact]
    public async Task Prometheus_accepts_the_rules() => (await Tool.PromtoolAsync("check", "rules", s_file)).Content();

    [Fact]
    public async Task Alerts_fire_when_they_should_and_only_then() => (await Tool.PromtoolAsync("test", "rules", s_scenarios)).Content();

    [Fact]
    public void Every_alert_has_a_scenario_in_which_it_fires_and_one_in_which_it_does_not()
    {
        var lines = File.ReadAllLines(s_scenarios);
        foreach (var alert in Rules.Alerts().Select(rule => rule.Alert))
        {
            var outcomes = lines.Zip(lines.Skip(1))
                .Where(pair => pair.First.Trim() == $"alertname: {alert}").Select(pair => pair.Second.Trim()).ToList();
            Assert.Contains("exp_alerts:", outcomes);
            Assert.Contains("exp_alerts: []", outcomes);
        }
    }

    [Fact]
    public void Every_alert_says_how_bad_it_is_and_has_a_section_of_the_runbook_and_the_other_way_round()
    {
        var sections = Repository.Read("docs", "runbook.md").Split('\n')
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);

        Assert.Equal(Rules.Alerts().Select(rule => rule.Alert), sections);
        foreach (var rule in Rules.Alerts())
        {
            Assert.Contains(rule.Labels!["severity"], (string[])["warning", "critical"]);
            Assert.Equal(["description", "runbook_url", "summary"], rule.Annotations!.Keys.Order());
            Assert.Equal($"docs/runbook.md#{rule.Alert!.ToLowerInvariant()}", rule.Annotations["runbook_url"]);
        }
    }

    [Fact]
    public async Task A_release_watches_itself_only()
    {
        var manifest = await tools.RenderAsync(KubernetesTools.Release, Installations.All["production"]);
        var rules = Assert.Single(manifest.Of<PrometheusRule>()).Spec;

        Assert.Equal(Rules.Groups.SelectMany(group => group.Rules).Count(), rules.Groups.SelectMany(group => group.Rules).Count());
        foreach (var rule in rules.Groups.SelectMany(group => group.Rules))
        {
            Assert.DoesNotContain("job=\"orleanstransfer\"", rule.Expr, StringComparison.Ordinal);
            Assert.All(
                rule.Expr.Split('{').Skip(1),
                selector => Assert.StartsWith("namespace=\"training\",job=\"otx\"", selector, StringComparison.Ordinal));
        }

        Assert.All(
            rules.Alerts(),
            rule => Assert.StartsWith("https://runbooks.example/orleanstransfer#", rule.Annotations!["runbook_url"], StringComparison.Ordinal));
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, KubernetesYaml.Serialize(rules), TestContext.Current.CancellationToken);
            (await Tool.PromtoolAsync("check", "rules", file)).Content();
        }
        finally
        {
            File.Delete(file);
        }
    }
}
