namespace OrleansTransfer.Host.Logs;

/// <summary>How a node writes its log.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For collectors: one JSON object a line.</summary>
    Json,
}
