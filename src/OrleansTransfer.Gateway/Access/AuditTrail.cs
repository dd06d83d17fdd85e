using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Gateway.Access;

/// <summary>Something that somebody did, or tried to do, over the API.</summary>
/// <param name="Time">When it was answered.</param>
/// <param name="Node">The node that answered.</param>
/// <param name="Caller">Name of the key, subject of the token, <c>anonymous</c>; null where it is not known.</param>
/// <param name="Kind"><c>key</c>, <c>token</c> or <c>anonymous</c>; null likewise.</param>
/// <param name="Key">Id of the key; null for others.</param>
/// <param name="Role">Role of the caller; null likewise.</param>
/// <param name="From">Address that the connection came from.</param>
/// <param name="Action">Method and path, with names in the place of ids, such as <c>POST /api/v1/experiments/{id}/cancel</c>.</param>
/// <param name="Object">What it was done to; null for none.</param>
/// <param name="Outcome"><c>done</c>, <c>refused</c> (401, 403, 429), <c>rejected</c> (the request was wrong) or <c>failed</c>.</param>
/// <param name="Status">Status of the answer.</param>
/// <param name="Reason">Why it was refused; null otherwise.</param>
public sealed record AuditEvent(
    DateTimeOffset Time, string Node, string? Caller, string? Kind, string? Key, string? Role, string? From, string Action, string? Object,
    string Outcome, int Status, string? Reason);

/// <summary>Keeps what was done over the API: in the log, category <c>OrleansTransfer.Audit</c>, and, if wanted, in a file of JSON lines.</summary>
public sealed partial class AuditTrail
{
    /// <summary>Category of the log entries.</summary>
    public const string Category = "OrleansTransfer.Audit";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ILogger _logger;
    private readonly string? _path;
    private readonly Lock _gate = new();

    /// <param name="loggers">For the log.</param>
    /// <param name="path">The file, which is appended to, or null. It may be moved away at any time: a new one is begun then.</param>
    public AuditTrail(ILoggerFactory loggers, string? path) => (_logger, _path) = (loggers.CreateLogger(Category), path);

    /// <summary>Makes sure that the file can be written.</summary>
    /// <exception cref="FormatException">It cannot.</exception>
    public static void Check(string path)
    {
        try
        {
            Open(path).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FormatException($"The audit log '{path}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Keeps an event.</summary>
    public void Write(AuditEvent happened)
    {
        var who = happened.Caller is null ? "Somebody" : happened.Key is null ? happened.Caller : $"{happened.Caller} ({happened.Key})";
        var (role, from, what) = (happened.Role ?? "-", happened.From ?? "-", happened.Object ?? "-");
        LogEvent(_logger, who, role, from, happened.Action, what, happened.Outcome, happened.Status, happened.Reason ?? "");
        if (_path is null) return;
        try
        {
            var line = JsonSerializer.SerializeToUtf8Bytes(happened, s_json);
            lock (_gate)
            {
                using var file = Open(_path);
                file.Write([.. line, (byte)'\n']);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogLost(_logger, _path, e.Message);
        }
    }

    private static FileStream Open(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        return new(path, options);
    }

    [LoggerMessage(LogLevel.Information, "{Caller}, {Role}, from {From}: {Action} of {Object}: {Outcome} ({Status}) {Reason}")]
    private static partial void LogEvent(
        ILogger logger, string caller, string role, string from, string action, string @object, string outcome, int status, string reason);

    [LoggerMessage(LogLevel.Error, "The audit log '{Path}' cannot be written; the entry is in this log only: {Reason}")]
    private static partial void LogLost(ILogger logger, string path, string reason);
}
