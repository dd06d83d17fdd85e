namespace OrleansTransfer.Cluster.Workers;

/// <summary>A generation of a group was given up before this worker had taken its place.</summary>
public sealed class GenerationOverException(string message, Exception? inner = null) : Exception(message, inner);
