namespace OrleansTransfer.Cli.Terminal;

/// <summary>Where a command writes. Results go to <see cref="Out"/>, everything else to <see cref="Error"/>.</summary>
public interface IConsoleStreams
{
    /// <summary>Standard output.</summary>
    TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    TextWriter Error { get; }

    /// <summary>Whether a person looks at <see cref="Out"/>, so that colours make sense.</summary>
    bool OutIsTerminal { get; }

    /// <summary>Whether a person looks at <see cref="Error"/>, so that moving progress makes sense.</summary>
    bool ErrorIsTerminal { get; }
}
