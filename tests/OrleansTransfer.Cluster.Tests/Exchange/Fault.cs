namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>What a <see cref="FaultyWire"/> does to one segment.</summary>
public enum Fault
{
    /// <summary>Passes it on.</summary>
    None,

    /// <summary>Ends the connection instead of passing it on.</summary>
    Die,

    /// <summary>Passes on half of its values and ends the connection.</summary>
    DieWithin,

    /// <summary>Passes it on a moment later.</summary>
    Delay,

    /// <summary>Passes it on twice.</summary>
    Duplicate,

    /// <summary>Passes it on after the segment that follows it, if one does.</summary>
    Reorder,

    /// <summary>Passes it on in small pieces, with pauses.</summary>
    Slow,

    /// <summary>Passes it on with a length that no segment has.</summary>
    Oversize,
}
