using k8s;
using k8s.Models;

namespace OrleansTransfer.Deployment.Tests;

/// <summary>A pod's template and what it belongs to.</summary>
internal sealed record Workload(string Name, string Component, V1LabelSelector Selector, V1PodTemplateSpec Template)
{
    public V1PodSpec Spec => Template.Spec;

    public V1Container Node => Assert.Single(Spec.Containers);

    public bool IsWorker => Component == "worker";
}

/// <summary>Objects of Kubernetes, read strictly: a field that its type does not have is an error.</summary>
internal sealed class Manifest
{
    private static readonly Dictionary<string, Type> s_custom = new()
    {
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject),
    };

    private Manifest(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects) => Objects = objects;

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    /// <summary>The nodes of the cluster, and nothing else that an overlay may bring.</summary>
    public IReadOnlyList<Workload> Nodes => [.. Workloads.Where(workload => workload.Component.Length > 0)];

    public IReadOnlyList<Workload> Workloads =>
    [
        .. Of<V1StatefulSet>().Select(set => new Workload(set.Name(), Component(set.Spec.Template), set.Spec.Selector, set.Spec.Template)),
        .. Of<V1Deployment>().Select(set => new Workload(set.Name(), Component(set.Spec.Template), set.Spec.Selector, set.Spec.Template)),
    ];

    public static Manifest Parse(string yaml) => new(
        [.. KubernetesYaml.LoadAllFromString(yaml, s_custom, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);

    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    /// <summary>Whether a selector takes pods with these labels.</summary>
    public static bool Selects(IDictionary<string, string>? selector, IDictionary<string, string> labels) =>
        selector is not null && selector.All(pair => labels.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static string Component(V1PodTemplateSpec pod) =>
        pod.Labels().TryGetValue("app.kubernetes.io/component", out var component) ? component : "";
}
