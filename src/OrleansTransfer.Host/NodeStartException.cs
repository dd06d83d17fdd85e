namespace OrleansTransfer.Host;

/// <summary>A node could not start; nothing of it runs. The message is a sentence for the user.</summary>
public class NodeStartException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One for everything that is wrong with a node's options, a line each.</summary>
    /// <param name="problems">A sentence each, at least one.</param>
    internal static NodeStartException Of(IReadOnlyList<string> problems) => new(problems is [var only]
        ? only
        : $"{problems.Count} options of the node are wrong.\n{string.Join('\n', problems)}");
}
