namespace OrleansTransfer.Cli.Terminal;

/// <summary>The process's own streams.</summary>
internal sealed class SystemConsole : IConsoleStreams
{
    public static SystemConsole Instance { get; } = new();

    public TextWriter Out => Console.Out;

    public TextWriter Error => Console.Error;

    public bool OutIsTerminal => !Console.IsOutputRedirected;

    public bool ErrorIsTerminal => !Console.IsErrorRedirected;
}
