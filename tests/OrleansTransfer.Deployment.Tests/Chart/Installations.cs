namespace OrleansTransfer.Deployment.Tests.Chart;

/// <summary>Values of installations that differ in what they consist of.</summary>
internal static class Installations
{
    private const string Gpus = """
        pools={"cpu":null,
          "a100":{"replicas":4,"gpus":8,"devices":"cuda","nodeSelector":{"accelerator":"a100"},
            "tolerations":[{"key":"spot","operator":"Exists"}],
            "resources":{"requests":{"cpu":"32","memory":"128Gi"},"limits":{"memory":"128Gi"}}},
          "t4":{"replicas":2,"gpus":1,"resources":{"requests":{"cpu":4,"memory":"16Gi"},"limits":{"memory":"16Gi"}}}}
        """;

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> All { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        ["default"] = [],
        ["gpu pools"] = ["--set-json", Gpus],
        ["coordinators"] = ["--set", "gateway.coordinators=true"],
        ["no gateway"] = ["--set", "gateway.enabled=false"],
        ["secrets of the user"] =
        [
            "--set", "redis.existingSecret.name=my-redis,redis.existingSecret.key=url,redis.port=6380",
            "--set", "state.existingSecret.name=my-storage,state.existingSecret.key=cs,state.container=runs",
            "--set-json", """imagePullSecrets=[{"name":"registry"}]""",
            "--set-json", """env=[{"name":"OTX_WEIGHTS_MIRROR","valueFrom":{"secretKeyRef":{"name":"mirror","key":"url"}}}]""",
        ],
        ["production"] =
        [
            "--set-json", Gpus,
            "--set", "workloadIdentity.enabled=true,workloadIdentity.clientId=0000,state.url=https://account.blob.core.windows.net/runs",
            "--set", "gateway.autoscaling.enabled=true,data.existingClaim=pictures,service.type=LoadBalancer",
            "--set", "metrics.serviceMonitor.enabled=true,metrics.rules.enabled=true,metrics.dashboards.enabled=true",
            "--set", "metrics.rules.runbookUrl=https://runbooks.example/orleanstransfer",
            "--set-json", """pools.t4.autoscaling={"enabled":true,"minReplicas":1,"maxReplicas":10}""",
            "--set", "keda.prometheusAddress=http://prometheus.monitoring:9090",
        ],
        ["secured"] =
        [
            "--set", "security.apiKeys.existingSecret.name=my-keys,security.apiKeys.existingSecret.key=api.yaml",
            "--set", "security.tls.existingSecret=my-tls,security.tls.peerName=nodes.otx",
            "--set", "security.protectMetrics=true,metrics.serviceMonitor.enabled=true,security.metricsKey.existingSecret.name=my-metrics-key",
            "--set", "security.jwt.authority=https://login.example,security.jwt.audience=otx,security.jwt.roles=operator=ml-team",
        ],
        ["https"] = ["--set", "security.https.existingSecret=my-https,service.port=443,metrics.serviceMonitor.enabled=true"],
        ["open"] = ["--set", "networkPolicy.enabled=false,serviceAccount.create=false,fullnameOverride=training,security.allowAnonymous=true"],
    };

    /// <summary>The names, for theories.</summary>
    public static TheoryData<string> Names => [.. All.Keys];
}
