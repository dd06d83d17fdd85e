namespace OrleansTransfer.Cli;

/// <summary>A command ends here: the message is a sentence for its user.</summary>
internal class CliException(string message, int exitCode = ExitCodes.WrongInput, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the process returns.</summary>
    public int ExitCode { get; } = exitCode;
}
