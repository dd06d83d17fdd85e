using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Host.Logs;

namespace OrleansTransfer.Host.Tests.Logs;

public sealed class JsonLogFormatterTests
{
    private readonly LoggerExternalScopeProvider _scopes = new();

    [Fact]
    public void An_entry_is_one_line_with_what_its_message_and_its_scopes_say()
    {
        using var outer = _scopes.Push(new Dictionary<string, object?> { ["Experiment"] = "leaf-1", ["Step"] = 7L, ["Rank"] = 0 }.ToList());
        using var plain = _scopes.Push("a scope without names");

        var entry = Write(
            LogLevel.Warning, "it took 1.5 s\nand more", new InvalidOperationException("broken"),
            [new("Seconds", 1.5), new("Step", 8L), new("{OriginalFormat}", "it took {Seconds} s")]);

        Assert.Equal(
            ("2026-01-02T03:04:05+00:00", "warning", "n1", "OrleansTransfer.Test", "it took 1.5 s\nand more"),
            (entry.GetProperty("time").GetString(), entry.GetProperty("level").GetString(), entry.GetProperty("node").GetString(),
                entry.GetProperty("category").GetString(), entry.GetProperty("message").GetString()));
        Assert.Equal(
            ("leaf-1", 8, 0, 1.5),
            (entry.GetProperty("experiment").GetString(), entry.GetProperty("step").GetInt64(), entry.GetProperty("rank").GetInt32(),
                entry.GetProperty("seconds").GetDouble()));
        Assert.Contains("InvalidOperationException: broken", entry.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_part_of_an_entry_shows_a_secret()
    {
        var entry = Write(
            LogLevel.Error,
            "refused: password=open-sesame",
            new InvalidOperationException("AccountKey=Eby8vdM0;"),
            [new("Address", "h:1,password=open-sesame")]);

        var text = entry.ToString();
        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Eby8", text, StringComparison.Ordinal);
    }

    private JsonElement Write(LogLevel level, string message, Exception? exception, List<KeyValuePair<string, object?>> state)
    {
        var time = new FakeTimeProvider(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var formatter = new JsonLogFormatter(new NodeIdentity("n1", "", [], ""), time, new SecretMask());
        using var writer = new StringWriter();
        formatter.Write(
            new LogEntry<List<KeyValuePair<string, object?>>>(level, "OrleansTransfer.Test", default, state, exception, (_, _) => message),
            _scopes,
            writer);
        var line = Assert.Single(writer.ToString().TrimEnd('\n').Split('\n'));
        return JsonDocument.Parse(line).RootElement;
    }
}
