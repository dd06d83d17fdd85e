namespace OrleansTransfer.Gateway.Access;

/// <summary>How much one caller may ask of a node, and how large requests may be.</summary>
public sealed record RequestLimitOptions
{
    /// <summary>What <see cref="RequestsPerSecond"/> is where nothing else is said.</summary>
    public const int UsualRequestsPerSecond = 50;

    /// <summary>Requests per second of one caller, averaged over twice as many; null for <see cref="UsualRequestsPerSecond"/>. 0: no limit.</summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>Requests without valid key or token per minute of one address; default 30. 0: no limit.</summary>
    public int RefusalsPerMinute { get; init; } = 30;

    /// <summary>Streams of events that one caller may follow at a time; default 100. 0: no limit.</summary>
    public int StreamsPerCaller { get; init; } = 100;

    /// <summary>Bytes of a request's body; default 1 MiB, which is many times the largest recipe.</summary>
    public int BodyBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of all of a request's headers; default 32 KiB.</summary>
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Connections to the API of a node at a time; default 1,000.</summary>
    public int Connections { get; init; } = 1000;
}
