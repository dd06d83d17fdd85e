using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace OrleansTransfer.Deployment.Tests;

/// <summary>What a program said.</summary>
internal sealed record Said(int ExitCode, string Out, string Error)
{
    /// <summary>Its standard output; fails the test unless it was content.</summary>
    public string Content()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Out}\n{Error}");
        return Out;
    }
}

/// <summary>Runs programs that check things.</summary>
internal static class Tool
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);

    /// <summary>promtool of the Debian package prometheus. Skips the test where it is not installed.</summary>
    public static async Task<Said> PromtoolAsync(params IReadOnlyList<string> arguments)
    {
        try
        {
            return await RunAsync("promtool", arguments);
        }
        catch (Win32Exception)
        {
            Assert.Skip("promtool (Debian package prometheus) is not installed.");
            throw;
        }
    }

    /// <summary>Fails the test unless Prometheus can read these queries.</summary>
    public static async Task AssertQueriesAsync(params IEnumerable<string> queries)
    {
        var rules = queries.Select((query, number) => new { record = $"query_{number}", expr = query });
        var file = Path.GetTempFileName();
        try
        {
            var groups = new { groups = new[] { new { name = "queries", rules } } };
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(groups), TestContext.Current.CancellationToken);
            (await PromtoolAsync("check", "rules", file)).Content();
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Runs a program in the root of the repository to its end.</summary>
    public static async Task<Said> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? longest = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(longest ?? s_longest);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new(process.ExitCode, await output, await error);
    }
}
