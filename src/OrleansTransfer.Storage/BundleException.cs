namespace OrleansTransfer.Storage;

/// <summary>Something is not a usable bundle; the message says what and why.</summary>
public sealed class BundleException(string message, Exception? inner = null) : Exception(message, inner);
