namespace OrleansTransfer.Host.Tests;

/// <summary>Tests that start nodes share static metrics and two cores: one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Nodes
{
    public const string Name = "nodes";
}

/// <summary>A folder of its own for a node's state, gone after the test.</summary>
internal sealed class StateFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("otx-host-").FullName;

    public NodeOptions Options => new()
    {
        EphemeralPorts = true,
        Devices = "cpu:2",
        StateLocation = System.IO.Path.Combine(Path, "state"),
        QuietLogs = true,
    };

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
