using System.Net.Sockets;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// Keeps the lanes of a node moving from one thread: whoever waits for the bytes of one lane sends on all of them meanwhile, so that nodes that wait
/// for each other never keep each other waiting. One thread instead of a sender for each lane because waking threads, not copying, is what an
/// exchange between busy cores is slowed down by.
/// </summary>
public sealed class LanePump
{
    private readonly List<Lane> _lanes = [];
    private readonly List<Socket> _readable = [], _writable = [];

    /// <summary>Adds a lane. Not while another thread uses the pump.</summary>
    public void Add(Lane lane) => _lanes.Add(lane);

    /// <summary>Sends on every lane what its connection takes at once; false if that is nothing at all.</summary>
    /// <exception cref="LaneException">A lane is broken or closed.</exception>
    public bool Send()
    {
        var sent = false;
        foreach (var lane in _lanes) sent |= lane.Send();
        return sent;
    }

    /// <summary>
    /// Waits until <paramref name="reader"/> may have bytes to receive, or until any lane has sent more. Which of them is for the caller to find out.
    /// </summary>
    /// <param name="reader">Null to wait for sending alone.</param>
    /// <exception cref="LaneException">A lane is broken or closed.</exception>
    public void Wait(Lane? reader)
    {
        if (Send()) return;
        _readable.Clear();
        _writable.Clear();
        if (reader is not null) _readable.Add(reader.Socket);
        foreach (var lane in _lanes)
            if (lane.HasUnsent) _writable.Add(lane.Socket);
        if (_readable.Count + _writable.Count == 0) return;
        try
        {
            Socket.Select(_readable, _writable, null, Timeout.Infinite);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new LaneException(e is SocketException ? e.Message : "the connection was closed", e) { Lane = reader };
        }
    }
}
