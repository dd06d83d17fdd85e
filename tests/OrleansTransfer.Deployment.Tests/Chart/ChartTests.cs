using System.Text.Json;
using k8s;
using k8s.Models;

namespace OrleansTransfer.Deployment.Tests.Chart;

public sealed class ChartTests(KubernetesTools tools)
{
    [Fact]
    public async Task Helm_finds_nothing_wrong_with_the_chart() =>
        (await tools.HelmAsync("lint", "--strict", Repository.Chart)).Content();

    [Theory]
    [InlineData("--set", "gatway.enabled=false", "gatway")]
    [InlineData("--set", "gateway.replicsa=3", "replicsa")]
    [InlineData("--set", "gateway.replicas=many", "/gateway/replicas")]
    [InlineData("--set-json", """pools={"cpu":{"replicas":1,"resources":{"requests":{"cpu":1,"memory":1},"limits":{"cpu":1,"memory":1}}}}""", "cpu")]
    [InlineData("--set-json", """pools={"gpu":{"replicas":1}}""", "resources")]
    [InlineData("--set", "pools.cpu.devices=tpu", "/pools/cpu/devices")]
    [InlineData("--set-json", """pools={"much-too-long-a-name":{}}""", "much-too-long-a-name")]
    [InlineData("--set", "image.tag=latest", "/image/tag")]
    [InlineData("--set", "security.apiKeys.existingSecret.name=", "security.allowAnonymous")]
    [InlineData("--set", "security.allowAnonymous=true,security.protectMetrics=true", "security.allowAnonymous contradicts")]
    [InlineData("--set", "security.jwt.authority=https://login.example", "security.jwt.audience")]
    [InlineData("--set", "security.jwt.authority=http://login.example", "/security/jwt/authority")]
    [InlineData("--set", "terminationGracePeriodSeconds=10", "/terminationGracePeriodSeconds")]
    [InlineData("--set", "workloadIdentity.enabled=true", "/workloadIdentity/clientId")]
    [InlineData("--set", "state.url=https://a.blob.core.windows.net/c?sig=s", "/state/url")]
    [InlineData("--set-json", """pools.cpu.autoscaling={"enabled":true,"minReplicas":1,"maxReplicas":3}""", "keda.prometheusAddress")]
    public async Task A_value_that_is_wrong_is_named(string option, string value, string named)
    {
        var said = await tools.TemplateAsync(KubernetesTools.Release, option, value);

        Assert.NotEqual(0, said.ExitCode);
        Assert.Contains(named, said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_releases_in_a_namespace_share_no_object_and_no_cluster()
    {
        var values = Installations.All["production"];
        var names = new[] { "otx", "otx-2", new string('a', 50) + "-b", new string('a', 50) + "-c", "orleanstransfer" };
        var releases = await Task.WhenAll(names.Select(name => tools.RenderAsync(name, values)));

        var objects = releases.SelectMany(release => release.Objects.Select(one => $"{one.Kind} {one.Name()}")).ToList();
        Assert.Equal(objects.Count, objects.Distinct().Count());
        Assert.Equal(releases.Length, releases.Select(release => EnvironmentOf(release)["OTX_CLUSTER_ID"]).Distinct().Count());
        foreach (var (one, other) in releases.SelectMany(one => releases.Where(other => other != one), (one, other) => (one, other)))
        {
            Assert.DoesNotContain(one.Of<V1Service>(), service =>
                other.Workloads.Any(workload => Manifest.Selects(service.Spec.Selector, workload.Template.Labels())));
        }

        static Dictionary<string, string?> EnvironmentOf(Manifest release) =>
            release.Nodes[0].Node.Env.ToDictionary(variable => variable.Name, variable => (string?)variable.Value);
    }

    [Fact]
    public async Task Names_stay_within_what_Kubernetes_takes()
    {
        var release = await tools.RenderAsync(
            new string('r', 53),
            "--set-json", """pools={"twelve-chars":{"replicas":1,"resources":{"requests":{"cpu":1,"memory":1},"limits":{"memory":1}}}}""");

        // The controller appends a digest to a StatefulSet's name and makes a label of it.
        Assert.All(release.Of<V1StatefulSet>(), set => Assert.InRange(set.Name().Length, 1, 52));
        Assert.All(release.Objects, one => Assert.InRange(one.Name().Length, 1, 63));
        Assert.All(release.Nodes, node => Assert.InRange(node.Node.Env.Single(variable => variable.Name == "OTX_CLUSTER_ID").Value.Length, 1, 63));
    }

    [Fact]
    public async Task Notes_name_the_secrets_to_make_and_how_to_reach_the_API()
    {
        var notes = (await tools.HelmAsync(
            "install", "otx", Repository.Chart, "--dry-run=client", "--namespace", KubernetesTools.Namespace, "--output", "json")).Content();

        var text = JsonElement.Parse(notes).GetProperty("info").GetProperty("notes").GetString()!;
        Assert.Contains("orleanstransfer-redis, key address", text, StringComparison.Ordinal);
        Assert.Contains("orleanstransfer-blob, key connection", text, StringComparison.Ordinal);
        Assert.Contains("port-forward service/otx-orleanstransfer 8080:80", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_value_is_documented_with_its_default_and_none_is_missing()
    {
        var schema = JsonElement.Parse(Repository.Read("helm", "orleanstransfer", "values.schema.json"));
        var values = JsonElement.Parse(KubernetesJson.Serialize(KubernetesYaml.Deserialize<object>(
            (await tools.HelmAsync("show", "values", Repository.Chart)).Content())));
        var rows = ValueTable.Rows(schema, values);

        var documented = Repository.Read("helm", "orleanstransfer", "README.md").Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(rows, documented);
    }
}
