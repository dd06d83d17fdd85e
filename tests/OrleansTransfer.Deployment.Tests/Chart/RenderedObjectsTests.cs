using k8s.Models;
using OrleansTransfer.Host;
using OrleansTransfer.Host.Health;

namespace OrleansTransfer.Deployment.Tests.Chart;

/// <summary>What must be true of the objects of every installation.</summary>
public sealed class RenderedObjectsTests(KubernetesTools tools)
{
    public static TheoryData<string> Names => Installations.Names;

    [Theory, MemberData(nameof(Names))]
    public async Task Every_object_reads_strictly_and_has_the_labels_of_its_release(string installation)
    {
        var manifest = await RenderAsync(installation);

        Assert.NotEmpty(manifest.Nodes);
        Assert.All(manifest.Objects, one => Assert.Equal(KubernetesTools.Release, one.Labels()["app.kubernetes.io/instance"]));
        Assert.Equal(manifest.Objects.Count, manifest.Objects.Select(one => (one.Kind, one.Name())).Distinct().Count());
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Nodes_run_as_the_restricted_standard_wants_it(string installation)
    {
        foreach (var node in (await RenderAsync(installation)).Nodes) Restricted.Check(node.Spec);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Nodes_ask_for_memory_within_a_limit_and_have_no_limit_of_CPU(string installation)
    {
        foreach (var node in (await RenderAsync(installation)).Nodes)
        {
            var resources = node.Node.Resources;
            Assert.DoesNotContain("cpu", resources.Limits.Keys);
            Assert.Contains("memory", resources.Limits.Keys);
            Assert.Contains("cpu", resources.Requests.Keys);
            Assert.Contains("memory", resources.Requests.Keys);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_node_has_time_to_leave_in_order(string installation)
    {
        foreach (var node in (await RenderAsync(installation)).Nodes)
        {
            var before = node.Node.Lifecycle?.PreStop?.Sleep?.Seconds ?? 0;
            Assert.True(node.Spec.TerminationGracePeriodSeconds >= before + (1.25 * NodeComposition.ShutdownTimeout.TotalSeconds));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Probes_ask_what_the_program_answers_and_leave_membership_to_the_cluster(string installation)
    {
        foreach (var node in (await RenderAsync(installation)).Nodes.Select(node => node.Node))
        {
            Assert.Equal(HealthEndpoints.Live, node.StartupProbe.HttpGet.Path);
            Assert.Equal(HealthEndpoints.Live, node.LivenessProbe.HttpGet.Path);
            Assert.Equal(HealthEndpoints.Ready, node.ReadinessProbe.HttpGet.Path);
            foreach (var probe in new[] { node.StartupProbe, node.LivenessProbe, node.ReadinessProbe })
            {
                Assert.Contains(node.Ports, port => port.Name == probe.HttpGet.Port.Value);
                Assert.Equal(installation == "https" ? "HTTPS" : null, probe.HttpGet.Scheme);
            }

            // A node may wait 10 s for Redis and a minute to be admitted; a frozen one is declared dead by the others within seconds.
            Assert.True(node.StartupProbe.PeriodSeconds * node.StartupProbe.FailureThreshold > 75);
            Assert.True(node.LivenessProbe.PeriodSeconds * node.LivenessProbe.FailureThreshold >= 60);
            Assert.True(node.ReadinessProbe.TimeoutSeconds > 5);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Ports_are_those_of_the_program(string installation)
    {
        var manifest = await RenderAsync(installation);
        int[] ports = [NodePorts.DefaultSilo, NodePorts.DefaultGateway, NodePorts.DefaultHttp];

        foreach (var node in manifest.Nodes)
            Assert.Equal(IsGateway(node) ? [NodePorts.DefaultHttp] : ports, node.Node.Ports.Select(port => port.ContainerPort));
        foreach (var policy in manifest.Of<V1NetworkPolicy>())
        {
            var open = policy.Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => int.Parse(port.Port.Value, null)).Distinct();
            Assert.Equal(ports.Order(), open.Order());
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Selectors_find_pods_and_services_ports_that_exist(string installation)
    {
        var manifest = await RenderAsync(installation);
        foreach (var node in manifest.Nodes)
        {
            Assert.True(Manifest.Selects(node.Selector.MatchLabels, node.Template.Labels()));
            Assert.Single(manifest.Nodes, other => Manifest.Selects(node.Selector.MatchLabels, other.Template.Labels()));
            Assert.Single(
                manifest.Of<V1PodDisruptionBudget>(), budget => Manifest.Selects(budget.Spec.Selector.MatchLabels, node.Template.Labels()));
        }

        foreach (var service in manifest.Of<V1Service>())
        {
            var pods = manifest.Nodes.Where(node => Manifest.Selects(service.Spec.Selector, node.Template.Labels())).ToList();
            Assert.NotEmpty(pods);
            // A gateway is no member: what leads to members passes it over.
            foreach (var (pod, port) in pods.SelectMany(_ => service.Spec.Ports, (pod, port) => (pod, port))
                .Where(pair => pair.port.TargetPort.Value == "http" || !IsGateway(pair.pod)))
                Assert.Contains(pod.Node.Ports, open => open.Name == port.TargetPort.Value);
        }

        foreach (var set in manifest.Of<V1StatefulSet>())
        {
            var headless = Assert.Single(manifest.Of<V1Service>(), service => service.Name() == set.Spec.ServiceName);
            Assert.Equal("None", headless.Spec.ClusterIP);
            Assert.True(Manifest.Selects(headless.Spec.Selector, set.Spec.Template.Labels()));
        }

        foreach (var policy in manifest.Of<V1NetworkPolicy>())
        {
            Assert.Equal(["Ingress", "Egress"], policy.Spec.PolicyTypes);
            Assert.All(manifest.Nodes, node => Assert.True(Manifest.Selects(policy.Spec.PodSelector.MatchLabels, node.Template.Labels())));
        }

        foreach (var monitor in manifest.Of<ServiceMonitor>())
        {
            var scraped = Assert.Single(
                manifest.Of<V1Service>(), service => Manifest.Selects(monitor.Spec.Selector.MatchLabels, service.Labels()));
            Assert.Contains(scraped.Spec.Ports, port => port.Name == Assert.Single(monitor.Spec.Endpoints).Port);
            Assert.Equal(KubernetesTools.Release, scraped.Labels()[monitor.Spec.JobLabel]);
        }

        foreach (var scaler in manifest.Of<V2HorizontalPodAutoscaler>())
            Assert.Null(Assert.Single(manifest.Of<V1Deployment>(), one => one.Name() == scaler.Spec.ScaleTargetRef.Name).Spec.Replicas);
        foreach (var scaler in manifest.Of<ScaledObject>())
            Assert.Null(Assert.Single(manifest.Of<V1StatefulSet>(), one => one.Name() == scaler.Spec.ScaleTargetRef.Name).Spec.Replicas);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Secrets_are_referred_to_and_none_is_in_an_object(string installation)
    {
        var manifest = await RenderAsync(installation);

        Assert.Empty(manifest.Of<V1Secret>());
        foreach (var variable in manifest.Nodes.SelectMany(node => node.Node.Env))
        {
            if (variable.Name is "OTX_REDIS" or "OTX_BLOB_CONNECTION") Assert.NotNull(variable.ValueFrom.SecretKeyRef);
            Assert.DoesNotContain("AccountKey", variable.Value ?? "", StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task What_nodes_are_started_with_is_what_the_program_reads(string installation)
    {
        foreach (var node in (await RenderAsync(installation)).Nodes)
        {
            var (options, unknown) = StartedWith.Read(node);

            Assert.Empty(unknown);
            Assert.Equal($"{node.Name}-pod", options.Name);
            Assert.Equal("10.0.0.7", options.Advertise);
            Assert.NotNull(options.Redis);
            Assert.Null(options.Join);
            Assert.Equal($"{KubernetesTools.Namespace}.{KubernetesTools.Release}", options.ClusterId);
            Assert.StartsWith("azure:", options.StateLocation, StringComparison.Ordinal);
            Assert.Equal(
                (node.IsWorker, installation) switch
                {
                    (true, "no gateway") => NodeRole.Both,
                    (true, _) => NodeRole.Worker,
                    (false, "coordinators") => NodeRole.Both,
                    (false, _) => NodeRole.Gateway,
                },
                options.Role);
            Assert.Equal(installation == "coordinators" && !node.IsWorker, options.Devices == "none");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Nodes_find_keys_and_certificates_where_they_are_told_to_look(string installation)
    {
        foreach (var node in (await RenderAsync(installation)).Nodes)
        {
            var security = StartedWith.Read(node).Options.Security;
            if (security.AllowAnonymous) Assert.Null(security.ApiKeysFile);
            else if (installation == "secured") Assert.Equal(Mounted.File(node, "my-keys", "api.yaml"), security.ApiKeysFile);
            else Assert.Equal(Mounted.File(node, "orleanstransfer-api-keys", "keys.yaml"), security.ApiKeysFile);
            Assert.Equal(installation == "open", security.AllowAnonymous);

            var data = node.Node.VolumeMounts.SingleOrDefault(mount => mount.Name == "data");
            Assert.Equal(data?.MountPath, security.DataRoots);
        }
    }

    [Fact]
    public async Task A_secured_installation_uses_TLS_tokens_and_a_key_for_metrics()
    {
        var manifest = await RenderAsync("secured");

        foreach (var node in manifest.Nodes)
        {
            var security = StartedWith.Read(node).Options.Security;
            Assert.Equal(
                new()
                {
                    Certificate = Mounted.File(node, "my-tls", "tls.crt"),
                    Key = Mounted.File(node, "my-tls", "tls.key"),
                    Authorities = Mounted.File(node, "my-tls", "ca.crt"),
                    PeerName = "nodes.otx",
                },
                security.Tls);
            Assert.Equal(new() { Authority = "https://login.example", Audience = "otx", Roles = "operator=ml-team" }, security.Jwt);
            Assert.True(security.ProtectMetrics);
        }
        var endpoint = Assert.Single(Assert.Single(manifest.Of<ServiceMonitor>()).Spec.Endpoints);
        Assert.Equal(("my-metrics-key", "key"), (endpoint.Authorization!.Credentials.Name, endpoint.Authorization.Credentials.Key));
        Assert.Null(endpoint.Scheme);
    }

    [Fact]
    public async Task HTTPS_takes_its_certificate_from_a_secret_and_Prometheus_checks_it()
    {
        var manifest = await RenderAsync("https");

        foreach (var node in manifest.Nodes)
        {
            Assert.Equal(
                new() { Certificate = Mounted.File(node, "my-https", "tls.crt"), Key = Mounted.File(node, "my-https", "tls.key") },
                StartedWith.Read(node).Options.Security.Https);
        }
        Assert.All(manifest.Of<V1Service>(), service =>
            Assert.Equal("https", Assert.Single(service.Spec.Ports, port => port.Name == "http").AppProtocol));
        var endpoint = Assert.Single(Assert.Single(manifest.Of<ServiceMonitor>()).Spec.Endpoints);
        Assert.Equal(
            ("https", "my-https", "ca.crt", "otx-orleanstransfer.training.svc"),
            (endpoint.Scheme, endpoint.TlsConfig!.Ca!.Secret.Name, endpoint.TlsConfig.Ca.Secret.Key, endpoint.TlsConfig.ServerName));

        var own = await tools.RenderAsync(
            KubernetesTools.Release,
            [.. Installations.All["https"], "--set-json", """metrics.serviceMonitor.tlsConfig={"insecureSkipVerify":true}"""]);
        var tls = Assert.Single(Assert.Single(own.Of<ServiceMonitor>()).Spec.Endpoints).TlsConfig!;
        Assert.Equal((true, null), (tls.InsecureSkipVerify, tls.Ca));
    }

    private static bool IsGateway(Workload node) => StartedWith.Read(node).Options.Role == NodeRole.Gateway;

    [Fact]
    public async Task A_GPU_pool_gets_its_devices_its_machines_and_the_image_for_them()
    {
        var manifest = await RenderAsync("gpu pools");
        var (a100, t4) = (manifest.Nodes.Single(node => node.Name.EndsWith("-a100", StringComparison.Ordinal)),
            manifest.Nodes.Single(node => node.Name.EndsWith("-t4", StringComparison.Ordinal)));

        Assert.Equal(2, manifest.Of<V1StatefulSet>().Count());
        Assert.Equal(("8", "1"), (a100.Node.Resources.Limits["nvidia.com/gpu"].ToString(), t4.Node.Resources.Limits["nvidia.com/gpu"].ToString()));
        Assert.Equal("a100", a100.Spec.NodeSelector["accelerator"]);
        Assert.Equal(["nvidia.com/gpu", "spot"], a100.Spec.Tolerations.Select(toleration => toleration.Key));
        Assert.Equal("nvidia.com/gpu", Assert.Single(t4.Spec.Tolerations).Key);
        Assert.All(new[] { a100, t4 }, node => Assert.EndsWith("-cuda", node.Node.Image, StringComparison.Ordinal));
        Assert.Equal("cuda", StartedWith.Read(t4).Options.Devices);
        Assert.DoesNotContain("cuda", manifest.Nodes.Single(node => !node.IsWorker).Node.Image, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("t4", 1)]
    [InlineData("a100", 8)]
    public async Task A_pool_grows_with_the_devices_that_are_at_work_and_those_that_are_waited_for(string pool, int devicesPerNode)
    {
        var manifest = await tools.RenderAsync(KubernetesTools.Release, [
            .. Installations.All["production"], "--set-json", $$"""pools.{{pool}}.autoscaling={"enabled":true,"minReplicas":2,"maxReplicas":10}"""]);

        var scaler = Assert.Single(manifest.Of<ScaledObject>(), one => one.Name().EndsWith(pool, StringComparison.Ordinal));
        var asked = Assert.Single(scaler.Spec.Triggers).Metadata;
        Assert.Equal($"{devicesPerNode}", asked["threshold"]);
        Assert.Equal((2, 10), (scaler.Spec.MinReplicaCount, scaler.Spec.MaxReplicaCount));
        await Tool.AssertQueriesAsync(asked["query"]);
        Assert.Contains($"pod=~\"otx-orleanstransfer-worker-{pool}-[0-9]+\"", asked["query"], StringComparison.Ordinal);
        Assert.All(
            asked["query"].Split('{').Skip(1),
            selector => Assert.StartsWith("namespace=\"training\",job=\"otx\"", selector, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_gateway_every_node_serves_the_API()
    {
        var manifest = await RenderAsync("no gateway");

        var node = Assert.Single(manifest.Nodes);
        Assert.All(manifest.Of<V1Service>(), service => Assert.True(Manifest.Selects(service.Spec.Selector, node.Template.Labels())));
        Assert.Contains(manifest.Of<V1Service>(), service => service.Spec.ClusterIP is null);
    }

    [Fact]
    public async Task Workload_identity_takes_the_place_of_the_storage_accounts_key()
    {
        var manifest = await RenderAsync("production");

        Assert.Equal("0000", Assert.Single(manifest.Of<V1ServiceAccount>()).Annotations()["azure.workload.identity/client-id"]);
        foreach (var node in manifest.Nodes)
        {
            Assert.Equal("true", node.Template.Labels()["azure.workload.identity/use"]);
            Assert.DoesNotContain(node.Node.Env, variable => variable.Name == "OTX_BLOB_CONNECTION");
            Assert.Equal("azure:https://account.blob.core.windows.net/runs", StartedWith.Read(node).Options.StateLocation);
        }
    }

    [Fact]
    public async Task The_network_policy_opens_the_ports_of_what_nodes_need_and_never_the_clouds_metadata()
    {
        var policy = Assert.Single((await RenderAsync("secrets of the user")).Of<V1NetworkPolicy>());

        var outside = Assert.Single(policy.Spec.Egress, rule => rule.To.Any(peer => peer.IpBlock is not null));
        Assert.Equal(["6380", "443"], outside.Ports.Select(port => port.Port.Value));
        Assert.Equal(["169.254.0.0/16"], Assert.Single(outside.To).IpBlock.Except);
    }

    private Task<Manifest> RenderAsync(string installation) => tools.RenderAsync(KubernetesTools.Release, Installations.All[installation]);
}
