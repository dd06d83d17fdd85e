using k8s;
using k8s.Models;

namespace OrleansTransfer.Deployment.Tests.Kustomize;

public sealed class OverlaysTests(KubernetesTools tools)
{
    private static readonly string[] s_secrets = ["OTX_REDIS", "OTX_BLOB_CONNECTION"];
    private static readonly string[] s_access = ["OTX_API_KEYS", "OTX_ALLOW_ANONYMOUS"];

    [Fact]
    public async Task What_comes_from_the_chart_is_what_the_chart_renders_now()
    {
        var rendered = Directory.CreateTempSubdirectory("otx-render-").FullName;
        try
        {
            _ = tools.HelmProgram;
            (await Tool.RunAsync(Repository.At("k8s", "render"), [rendered], tools.Surroundings)).Content();

            var files = Directory.GetFiles(rendered, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(rendered, file)).ToList();
            Assert.Equal(3, files.Count);
            Assert.All(files, file => Assert.Equal(File.ReadAllText(Path.Combine(rendered, file)), Repository.Read("k8s", file)));
        }
        finally
        {
            Directory.Delete(rendered, recursive: true);
        }
    }

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/dev")]
    [InlineData("overlays/production")]
    public async Task Every_object_reads_strictly_is_in_one_namespace_and_restricted(string folder)
    {
        var manifest = await BuildAsync(folder);

        Assert.All(manifest.Objects.Where(one => one is not V1Namespace), one => Assert.Equal("orleanstransfer", one.Namespace()));
        foreach (var workload in manifest.Workloads)
        {
            Restricted.Check(workload.Spec);
            Assert.DoesNotContain("cpu", workload.Spec.Containers.SelectMany(container => container.Resources.Limits.Keys));
        }

        Assert.All(manifest.Nodes, node => Assert.Empty(StartedWith.Read(node).Unknown));
        Assert.All(manifest.Of<V1Service>(), service =>
            Assert.Contains(manifest.Workloads, workload => Manifest.Selects(service.Spec.Selector, workload.Template.Labels())));
    }

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/dev")]
    [InlineData("overlays/production")]
    public async Task Nodes_agree_with_those_of_the_chart(string folder)
    {
        var chart = (await tools.RenderAsync("orleanstransfer", "--set", "clusterId=orleanstransfer")).Nodes.ToDictionary(node => node.Name);

        foreach (var node in (await BuildAsync(folder)).Nodes.Where(node => chart.ContainsKey(node.Name)))
        {
            var expected = chart[node.Name];
            Assert.Equal(Text(expected.Node.Args), Text(node.Node.Args));
            Assert.Equal(Text(expected.Node.Ports), Text(node.Node.Ports));
            Assert.Equal(Text(expected.Node.StartupProbe), Text(node.Node.StartupProbe));
            Assert.Equal(Text(expected.Node.ReadinessProbe), Text(node.Node.ReadinessProbe));
            Assert.Equal(Text(expected.Node.LivenessProbe), Text(node.Node.LivenessProbe));
            Assert.Equal(expected.Spec.TerminationGracePeriodSeconds, node.Spec.TerminationGracePeriodSeconds);
            Assert.Equal(Text(expected.Spec.SecurityContext), Text(node.Spec.SecurityContext));

            // Where state is kept, with what secret, and whom the API answers, is for the overlays to say.
            Assert.Equal(Variables(expected), Variables(node));
        }

        static IEnumerable<string> Variables(Workload node) => node.Node.Env
            .Where(variable => variable.Name != "OTX_STATE" && !s_secrets.Contains(variable.Name) && !s_access.Contains(variable.Name))
            .OrderBy(variable => variable.Name).Select(Text);
    }

    [Fact]
    public async Task The_development_overlay_brings_what_its_nodes_refer_to_and_lets_them_reach_it()
    {
        var manifest = await BuildAsync("overlays/dev");

        var variables = manifest.Nodes.SelectMany(node => node.Node.Env);
        foreach (var reference in variables.Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>())
            Assert.Contains(reference.Key, Assert.Single(manifest.Of<V1Secret>(), secret => secret.Name() == reference.Name).Data.Keys);
        foreach (var server in manifest.Workloads.Where(workload => workload.Component.Length == 0))
        {
            var policy = Assert.Single(
                manifest.Of<V1NetworkPolicy>(), policy => Manifest.Selects(policy.Spec.PodSelector.MatchLabels, server.Template.Labels()));
            var open = Assert.Single(Assert.Single(policy.Spec.Ingress).Ports).Port.Value;
            Assert.Equal($"{Assert.Single(server.Node.Ports).ContainerPort}", open);
            var allowed = manifest.Of<V1NetworkPolicy>().SelectMany(policy => policy.Spec.Egress ?? []).Where(rule =>
                rule.To.Any(peer => Manifest.Selects(peer.PodSelector?.MatchLabels, server.Template.Labels())));
            Assert.Contains(allowed, rule => rule.Ports.Any(port => port.Port.Value == open));
        }
    }

    [Theory]
    [InlineData("base", false)]
    [InlineData("overlays/dev", true)]
    [InlineData("overlays/production", false)]
    public async Task Nodes_ask_for_keys_of_a_mounted_secret_save_those_for_trying_out(string folder, bool anonymous)
    {
        foreach (var node in (await BuildAsync(folder)).Nodes)
        {
            var security = StartedWith.Read(node).Options.Security;
            Assert.Equal(anonymous, security.AllowAnonymous);
            Assert.Equal(anonymous ? null : Mounted.File(node, "orleanstransfer-api-keys", "keys.yaml"), security.ApiKeysFile);
        }
    }

    [Fact]
    public async Task The_production_overlay_signs_in_by_workload_identity_and_has_GPU_nodes_and_monitoring()
    {
        var manifest = await BuildAsync("overlays/production");

        Assert.NotEmpty(manifest.Of<V1ServiceAccount>().Single().Annotations()["azure.workload.identity/client-id"]);
        foreach (var node in manifest.Nodes)
        {
            Assert.Equal("true", node.Template.Labels()["azure.workload.identity/use"]);
            Assert.StartsWith("azure:https://", StartedWith.Read(node).Options.StateLocation, StringComparison.Ordinal);
            Assert.DoesNotContain(node.Node.Env, variable => variable.Name == "OTX_BLOB_CONNECTION");
            Assert.Equal("orleanstransfer", node.Spec.ServiceAccountName);
        }

        Assert.Contains(manifest.Nodes, node => node.Node.Resources.Limits.ContainsKey("nvidia.com/gpu"));
        Assert.Single(manifest.Of<ServiceMonitor>());
        Assert.Single(manifest.Of<PrometheusRule>());
        Assert.Empty(manifest.Of<V1Secret>());
    }

    [Fact]
    public async Task The_component_for_HTTPS_makes_of_an_overlay_what_the_chart_makes_of_its_value()
    {
        var chart = await tools.RenderAsync(
            "orleanstransfer", "--namespace", "orleanstransfer", "--set", "clusterId=orleanstransfer,metrics.serviceMonitor.enabled=true",
            "--set", "security.https.existingSecret=orleanstransfer-https");
        var folder = Directory.CreateTempSubdirectory("otx-https-").FullName;
        try
        {
            string Path(string part) => System.IO.Path.GetRelativePath(folder, Repository.At("k8s", part));
            await File.WriteAllTextAsync(
                System.IO.Path.Combine(folder, "kustomization.yaml"),
                $"""
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                namespace: orleanstransfer
                resources: ["{Path("base")}"]
                components: ["{Path("monitoring")}", "{Path("https")}"]
                """,
                TestContext.Current.CancellationToken);
            var overlay = Manifest.Parse((await tools.KubectlAsync("kustomize", folder)).Content());

            Assert.Equal(chart.Nodes.Count(), overlay.Nodes.Count());
            foreach (var node in overlay.Nodes)
            {
                var expected = chart.Nodes.Single(one => one.Name == node.Name);
                Assert.Equal(
                    new()
                    {
                        Certificate = Mounted.File(node, "orleanstransfer-https", "tls.crt"),
                        Key = Mounted.File(node, "orleanstransfer-https", "tls.key"),
                    },
                    StartedWith.Read(node).Options.Security.Https);
                Assert.Equal(StartedWith.Read(expected).Options.Security, StartedWith.Read(node).Options.Security);
                Assert.Equal(Text(expected.Node.StartupProbe), Text(node.Node.StartupProbe));
                Assert.Equal(Text(expected.Node.ReadinessProbe), Text(node.Node.ReadinessProbe));
                Assert.Equal(Text(expected.Node.LivenessProbe), Text(node.Node.LivenessProbe));
            }
            foreach (var service in chart.Of<V1Service>())
                Assert.Equal(Text(service.Spec.Ports), Text(overlay.Of<V1Service>().Single(one => one.Name() == service.Name()).Spec.Ports));
            Assert.Equal(Text(chart.Of<ServiceMonitor>().Single().Spec.Endpoints), Text(overlay.Of<ServiceMonitor>().Single().Spec.Endpoints));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<Manifest> BuildAsync(string folder) =>
        Manifest.Parse((await tools.KubectlAsync("kustomize", Repository.At("k8s", folder))).Content());

    private static string Text(object? value) => KubernetesJson.Serialize(value);
}
