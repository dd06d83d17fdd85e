using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Tests;

/// <summary>Keeps what a command writes.</summary>
internal sealed class RecordedStreams : IConsoleStreams
{
    private readonly StringWriter _out = new(), _error = new();

    public TextWriter Out => TextWriter.Synchronized(_out);

    public TextWriter Error => TextWriter.Synchronized(_error);

    public bool OutIsTerminal => false;

    public bool ErrorIsTerminal { get; init; }

    public string OutText => _out.ToString();

    public string ErrorText => _error.ToString();

    public string LastErrorLine => ErrorText.TrimEnd().Split('\n')[^1].TrimEnd('\r');
}
