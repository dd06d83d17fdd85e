using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>What a finished <c>otx</c> process left.</summary>
internal sealed record OtxResult(string CommandLine, int ExitCode, string Out, string Error)
{
    /// <summary>Standard output as exactly one JSON document.</summary>
    public JsonElement Json
    {
        get
        {
            try
            {
                return JsonDocument.Parse(Out).RootElement;
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{CommandLine}: standard output is not one JSON document: {e.Message}\n{Out}", e);
            }
        }
    }

    /// <summary>The last line of standard error, which names the cause of a failure.</summary>
    public string LastError => Error.TrimEnd().Split('\n')[^1];

    /// <summary>Fails the test, with everything the process said, unless it ended with this code.</summary>
    public OtxResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"{CommandLine} ended with {ExitCode}, not {exitCode}.\nstdout:\n{Out}\nstderr:\n{Error}");
        Assert.False(Error.Contains("   at OrleansTransfer.", StringComparison.Ordinal), $"{CommandLine} shows where in the code it was:\n{Error}");
        return this;
    }
}
