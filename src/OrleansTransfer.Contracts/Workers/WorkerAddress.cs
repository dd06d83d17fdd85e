namespace OrleansTransfer.Contracts.Workers;

/// <summary>A device of the cluster and the worker that owns it.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="Device">Device on that node: <c>cpu:0</c>, <c>cuda:1</c>.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.worker-address")]
public sealed record WorkerAddress([property: Id(0)] string Node, [property: Id(1)] string Device)
{
    /// <summary>Key of the worker's grain: <c>node/device</c>.</summary>
    public override string ToString() => $"{Node}/{Device}";

    /// <summary>The inverse of <see cref="ToString"/>.</summary>
    /// <exception cref="FormatException">There is no slash.</exception>
    public static WorkerAddress Parse(string key)
    {
        var slash = key.LastIndexOf('/');
        return slash > 0 ? new(key[..slash], key[(slash + 1)..]) : throw new FormatException($"'{key}' is not of the form node/device.");
    }
}
