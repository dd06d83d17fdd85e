using k8s;
using k8s.Models;

namespace OrleansTransfer.Deployment.Tests;

/// <summary>
/// An object of a kind that is not Kubernetes' own. The types below have those fields of the published definitions that the chart uses.
/// </summary>
internal abstract class CustomResource<T> : IKubernetesObject<V1ObjectMeta>
{
    public required string ApiVersion { get; set; }

    public required string Kind { get; set; }

    public required V1ObjectMeta Metadata { get; set; }

    public required T Spec { get; set; }
}

internal sealed class ServiceMonitor : CustomResource<ServiceMonitorSpec>;

internal sealed class ServiceMonitorSpec
{
    public required string JobLabel { get; set; }

    public required V1LabelSelector Selector { get; set; }

    public required IList<ServiceMonitorEndpoint> Endpoints { get; set; }
}

internal sealed class ServiceMonitorEndpoint
{
    public required string Port { get; set; }

    public required string Path { get; set; }

    public required string Interval { get; set; }

    public string? Scheme { get; set; }

    public ServiceMonitorTls? TlsConfig { get; set; }

    public ServiceMonitorAuthorization? Authorization { get; set; }
}

internal sealed class ServiceMonitorTls
{
    public ServiceMonitorCertificate? Ca { get; set; }

    public string? ServerName { get; set; }

    public bool? InsecureSkipVerify { get; set; }
}

internal sealed class ServiceMonitorCertificate
{
    public required V1SecretKeySelector Secret { get; set; }
}

internal sealed class ServiceMonitorAuthorization
{
    public required V1SecretKeySelector Credentials { get; set; }
}

internal sealed class PrometheusRule : CustomResource<RuleFile>;

/// <summary>Rules as Prometheus reads them from a file and its operator from an object.</summary>
internal sealed class RuleFile
{
    public required IList<RuleGroup> Groups { get; set; }

    public IEnumerable<Rule> Alerts() => Groups.SelectMany(group => group.Rules).Where(rule => rule.Alert is not null);
}

internal sealed class RuleGroup
{
    public required string Name { get; set; }

    public required IList<Rule> Rules { get; set; }
}

internal sealed class Rule
{
    public string? Record { get; set; }

    public string? Alert { get; set; }

    public required string Expr { get; set; }

    public string? For { get; set; }

    public IDictionary<string, string>? Labels { get; set; }

    public IDictionary<string, string>? Annotations { get; set; }
}

internal sealed class ScaledObject : CustomResource<ScaledObjectSpec>;

internal sealed class ScaledObjectSpec
{
    public required V2CrossVersionObjectReference ScaleTargetRef { get; set; }

    public required int MinReplicaCount { get; set; }

    public required int MaxReplicaCount { get; set; }

    public required int CooldownPeriod { get; set; }

    public required ScaledObjectAdvanced Advanced { get; set; }

    public required IList<ScaleTrigger> Triggers { get; set; }
}

internal sealed class ScaledObjectAdvanced
{
    public required ScaledObjectAutoscaler HorizontalPodAutoscalerConfig { get; set; }
}

internal sealed class ScaledObjectAutoscaler
{
    public required V2HorizontalPodAutoscalerBehavior Behavior { get; set; }
}

internal sealed class ScaleTrigger
{
    public required string Type { get; set; }

    public required IDictionary<string, string> Metadata { get; set; }
}
