using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansTransfer.Cli.Terminal;

/// <summary>What one command prints, for people or as one JSON document.</summary>
internal sealed class Output
{
    // Room for any table when nobody watches: wrapped lines are of no use to grep.
    private const int WidthOfFiles = 400;

    private readonly IConsoleStreams _streams;
    private readonly Lazy<IAnsiConsole> _out;
    private readonly Lazy<IAnsiConsole> _error;

    public Output(IConsoleStreams streams, bool json)
    {
        _streams = streams;
        Json = json;
        _out = new(() => Open(streams.Out, streams.OutIsTerminal));
        _error = new(() => Open(streams.Error, streams.ErrorIsTerminal));
    }

    /// <summary>Whether the result is one JSON document on standard output.</summary>
    public bool Json { get; }

    /// <summary>Whether moving progress makes sense.</summary>
    public bool Live => _streams.ErrorIsTerminal;

    /// <summary>Standard error for moving progress.</summary>
    public IAnsiConsole ErrorConsole => _error.Value;

    /// <summary>Columns of standard output; many when nobody watches.</summary>
    public int Width => _out.Value.Profile.Width;

    /// <summary>Prints the result as JSON.</summary>
    public void Document<T>(T value) => _streams.Out.WriteLine(JsonSerializer.Serialize(value, DocumentJson.Options));

    /// <summary>Prints a line of the result for people; nothing when the result is JSON.</summary>
    public void Line(string text = "")
    {
        if (!Json) _streams.Out.WriteLine(text);
    }

    /// <summary>Prints rows under headings for people; nothing when the result is JSON.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (Json) return;
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in headings) table.AddColumn(new TableColumn(new Text(heading)) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        foreach (var row in rows) table.AddRow(row.Select(IRenderable (cell) => new Text(cell)));
        _out.Value.Write(table);
    }

    /// <summary>Prints names and values for people; nothing when the result is JSON.</summary>
    public void Facts(params IEnumerable<(string Name, string? Value)> facts)
    {
        if (Json) return;
        var known = facts.Where(fact => fact.Value is not null).ToList();
        var width = known.Max(fact => fact.Name.Length) + 2;
        foreach (var (name, value) in known) _streams.Out.WriteLine(name.PadRight(width) + value);
    }

    /// <summary>Tells people something that is part of the result, and of no use to scripts: on standard error when the result is JSON.</summary>
    public void Say(string text) => (Json ? _streams.Error : _streams.Out).WriteLine(text);

    /// <summary>Says something besides the result, on standard error.</summary>
    public void Note(string text) => _streams.Error.WriteLine(text);

    private static IAnsiConsole Open(TextWriter writer, bool terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal) console.Profile.Width = WidthOfFiles;
        return console;
    }
}
