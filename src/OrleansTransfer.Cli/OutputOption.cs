using System.CommandLine;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli;

/// <summary><c>-o json</c>.</summary>
internal sealed class OutputOption
{
    private readonly Option<string> _option = new("--output", "-o")
    {
        Description = "text, or json for one JSON document on standard output.",
        HelpName = "FORMAT",
        DefaultValueFactory = _ => "text",
    };

    public OutputOption(Command command)
    {
        _option.AcceptOnlyFromAmong("text", "json");
        command.Add(_option);
    }

    /// <summary>Where the command prints.</summary>
    public Output Open(ParseResult parse, IConsoleStreams streams) => new(streams, parse.GetValue(_option) == "json");
}
