using System.CommandLine;

namespace OrleansTransfer.Cli;

/// <summary><c>--api-key-file</c> on a command that may talk to a cluster, or OTX_API_KEY.</summary>
internal sealed class ApiKeyOption
{
    private readonly Option<string?> _file = new("--api-key-file")
    {
        Description = "File that holds nothing but the key of the cluster's API (OTX_API_KEY holds the key itself).",
        HelpName = "FILE",
    };

    public ApiKeyOption(Command command) => command.Add(_file);

    /// <summary>The key; null where none is given.</summary>
    /// <exception cref="CliException">The file cannot be read, or holds something else.</exception>
    public string? Read(ParseResult parse)
    {
        if (parse.GetValue(_file) is not { } file) return EnvironmentVariables.Get("OTX_API_KEY")?.Trim();
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } key && !key.AsSpan().ContainsAny(" \r\n")
                ? key
                : throw new CliException($"'{file}' does not hold a key and nothing else.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The key cannot be read from '{file}': {e.Message}", inner: e);
        }
    }
}
