using OrleansTransfer.Host;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Deployment.Tests;

/// <summary>Arguments and variables of a node's container as the program reads them.</summary>
internal static class StartedWith
{
    /// <summary>The program's options, and the variables that are meant for it and that it does not know.</summary>
    public static (NodeOptions Options, IReadOnlyList<string> Unknown) Read(Workload node)
    {
        var variables = node.Node.Env.ToDictionary(variable => variable.Name, variable => variable.Value ?? variable.ValueFrom switch
        {
            { FieldRef.FieldPath: "metadata.name" } => $"{node.Name}-pod",
            { FieldRef.FieldPath: "status.podIP" } => "10.0.0.7",
            { ResourceFieldRef.Resource: "requests.cpu" } => "2",
            { SecretKeyRef: not null } => variable.Name == "OTX_WEIGHTS_MIRROR" ? "https://mirror.example/{host}" : "redis:6379,password=secret",
            _ => throw new InvalidOperationException($"Nothing gives {variable.Name} a value."),
        });
        var known = new HashSet<string> { BlobContainers.ConnectionVariable };
        string? Get(string name)
        {
            known.Add(name);
            return variables.GetValueOrDefault(name);
        }

        var options = NodeArguments.Parse([.. node.Node.Args], Get);
        _ = WeightCacheOptions.FromEnvironment(Get);
        return (options, [.. variables.Keys.Where(name => name.StartsWith("OTX_", StringComparison.Ordinal)).Except(known)]);
    }
}
