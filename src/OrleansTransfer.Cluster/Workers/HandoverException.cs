namespace OrleansTransfer.Cluster.Workers;

/// <summary>A replica's state could not be had from the worker that holds it.</summary>
public sealed class HandoverException(string message, Exception? inner = null) : Exception(message, inner);
