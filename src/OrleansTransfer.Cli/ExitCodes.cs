namespace OrleansTransfer.Cli;

/// <summary>What the process says to whoever started it.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The run failed.</summary>
    public const int Failed = 1;

    /// <summary>The input was wrong; nothing was started.</summary>
    public const int WrongInput = 2;

    /// <summary>The cluster could not be reached.</summary>
    public const int Unreachable = 3;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
