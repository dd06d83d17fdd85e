namespace OrleansTransfer.Host;

/// <summary>A node could not start; nothing of it runs. The message is a sentence for the user.</summary>
public class NodeStartException(string message, Exception? inner = null) : Exception(message, inner);
