using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Host.Logs;

/// <summary>
/// Writes an entry as one JSON object: <c>time</c>, <c>level</c>, <c>node</c>, <c>category</c>, <c>message</c>, what the message is made of and what
/// its scopes say (of a worker <c>experiment</c>, <c>worker</c>, <c>generation</c>, <c>rank</c>, <c>step</c>), each under its name in camel case, and
/// <c>exception</c>. Nothing that is known to be a secret is in it.
/// </summary>
internal sealed class JsonLogFormatter(NodeIdentity identity, TimeProvider time, SecretMask mask) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "otx-json";

    private const string MessageTemplate = "{OriginalFormat}";

    // Text of logs, not of web pages: quotes and umlauts stay readable.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            var said = new HashSet<string>(StringComparer.Ordinal) { "time", "level", "node", "category", "message", "exception" };
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow());
            json.WriteString("level", LevelName(logEntry.LogLevel));
            json.WriteString("node", identity.Name);
            json.WriteString("category", logEntry.Category);
            json.WriteString("message", mask.Apply(logEntry.Formatter(logEntry.State, logEntry.Exception)));
            if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> parts) WriteAll(json, parts, said);
            scopeProvider?.ForEachScope(
                static (scope, target) =>
                {
                    if (scope is IReadOnlyList<KeyValuePair<string, object?>> parts) target.Self.WriteAll(target.Json, parts, target.Said);
                },
                (Self: this, Json: json, Said: said));
            if (logEntry.Exception is { } exception) json.WriteString("exception", mask.Apply(exception.ToString()));
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    // The first to say something wins: a message knows better than the scope around it.
    private void WriteAll(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> parts, HashSet<string> said)
    {
        foreach (var (name, value) in parts)
        {
            if (name == MessageTemplate || value is null) continue;
            var key = JsonNamingPolicy.CamelCase.ConvertName(name);
            if (!said.Add(key)) continue;
            json.WritePropertyName(key);
            Write(json, value);
        }
    }

    private void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(mask.Apply(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                break;
        }
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
