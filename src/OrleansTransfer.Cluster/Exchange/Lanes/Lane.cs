using System.Net.Sockets;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// A connection to one other node that carries the segments of one generation of one group, both ways, by non-blocking system calls: float32 values
/// go from their own memory into the socket and from the socket into their own memory; others are converted piece by piece on their way.
/// </summary>
/// <remarks>
/// One thread at a time uses a lane: what it hands over is sent by that thread itself, at once as far as the connection takes it, and otherwise
/// whenever the thread waits on any lane of the same <see cref="LanePump"/>. So nothing reads from handed-over values while no call is in progress.
/// <see cref="Close"/> may come from any thread.
/// </remarks>
public sealed unsafe class Lane : IDisposable
{
    // The start of a segment travels with its frame, and values that must be converted pass through here; small enough for the nearest cache.
    private const int StageBytes = 32 * 1024;

    // Sent by one call: enough that calls do not matter, and little enough that receiving has its turn and the copy is still cached when received.
    private const int PieceBytes = 256 * 1024;

    private readonly Socket _socket;
    private readonly LanePump _pump;
    private readonly byte[] _stage = GC.AllocateUninitializedArray<byte>(StageBytes, pinned: true);
    private readonly byte[] _receiveBuffer = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private readonly Queue<Outgoing> _results = new(), _contributions = new();
    private Outgoing _sending;
    private int _stagedFrom, _stagedTo;
    private int _buffered, _consumed;
    private volatile bool _closed;

    /// <param name="socket">Connected. The lane owns it.</param>
    /// <param name="pump">Keeps all lanes of this node moving; the lane adds itself.</param>
    public Lane(Socket socket, LanePump pump)
    {
        (_socket, _pump) = (socket, pump);
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        }
        socket.Blocking = false;
        pump.Add(this);
    }

    /// <summary>Whether anything that was handed over is still to be sent.</summary>
    public bool HasUnsent => _stagedFrom < _stagedTo || _sending.Left > 0 || _results.Count + _contributions.Count > 0;

    internal Socket Socket => _socket;

    /// <summary>
    /// Hands over a segment to be sent. Results overtake contributions: another node needs them to finish. The values must stay as they are until
    /// <see cref="HasUnsent"/> is false or the lane is no longer used.
    /// </summary>
    /// <param name="frame">What the segment is.</param>
    /// <param name="values">The segment's first value.</param>
    /// <exception cref="LaneException">The lane is broken or closed.</exception>
    public void Post(SegmentFrame frame, float* values)
    {
        (frame.Kind == SegmentKind.Result ? _results : _contributions).Enqueue(new(frame, values));
        Send();
    }

    /// <summary>Sends what the connection takes at once, up to one piece; false if that is nothing.</summary>
    /// <exception cref="LaneException">The lane is broken or closed.</exception>
    public bool Send()
    {
        var sentBytes = 0;
        while (sentBytes < PieceBytes && HasUnsent)
        {
            if (_stagedFrom == _stagedTo) Stage();
            var staged = _stagedFrom < _stagedTo;
            var bytes = staged ? _stage.AsSpan(_stagedFrom, _stagedTo - _stagedFrom) : _sending.Bytes(PieceBytes);
            int sent;
            SocketError error;
            try
            {
                sent = _socket.Send(bytes, SocketFlags.None, out error);
            }
            catch (ObjectDisposedException e)
            {
                throw Broken("the connection was closed", e);
            }
            if (error == SocketError.WouldBlock) break;
            if (error != SocketError.Success) throw Broken(new SocketException((int)error).Message);
            if (staged) _stagedFrom += sent;
            else _sending.Skip(sent);
            sentBytes += sent;
        }
        return sentBytes > 0;
    }

    /// <summary>Waits until everything that was handed over is sent.</summary>
    /// <exception cref="LaneException">The lane is broken or closed.</exception>
    public void Flush()
    {
        while (HasUnsent) _pump.Wait(null);
    }

    /// <summary>
    /// Waits for the next segment; <see cref="ReceiveValues"/> must take its values before this is called again.
    /// </summary>
    /// <exception cref="LaneException">A lane of the pump is broken or closed, or the other node sent something else.</exception>
    public SegmentFrame ReceiveFrame()
    {
        if (_buffered - _consumed < SegmentFrame.Size)
        {
            _receiveBuffer.AsSpan(_consumed, _buffered - _consumed).CopyTo(_receiveBuffer);
            (_buffered, _consumed) = (_buffered - _consumed, 0);
            while (_buffered < SegmentFrame.Size) _buffered += Receive(_receiveBuffer.AsSpan(_buffered));
        }
        if (!SegmentFrame.TryRead(_receiveBuffer.AsSpan(_consumed, SegmentFrame.Size), out var frame))
            throw Broken("it sent what is not a segment of a gradient");
        _consumed += SegmentFrame.Size;
        return frame;
    }

    /// <summary>Fills <paramref name="bytes"/> with the next bytes of the segment's values.</summary>
    /// <exception cref="LaneException">A lane of the pump is broken or closed.</exception>
    public void ReceiveValues(Span<byte> bytes)
    {
        var ready = Math.Min(_buffered - _consumed, bytes.Length);
        _receiveBuffer.AsSpan(_consumed, ready).CopyTo(bytes);
        _consumed += ready;
        bytes = bytes[ready..];
        while (!bytes.IsEmpty) bytes = bytes[Receive(bytes)..];
    }

    /// <summary>Ends every call at once, from any thread.</summary>
    public void Close()
    {
        _closed = true;
        _socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private LaneException Broken(string message, Exception? inner = null) => new(message, inner) { Lane = this };

    private int Receive(Span<byte> bytes)
    {
        while (true)
        {
            int received;
            SocketError error;
            try
            {
                received = _socket.Receive(bytes, SocketFlags.None, out error);
            }
            catch (ObjectDisposedException e)
            {
                throw Broken("the connection was closed", e);
            }
            if (error == SocketError.Success)
                return received > 0 ? received : throw Broken(_closed ? "the connection was closed" : "it closed the connection");
            if (error != SocketError.WouldBlock) throw Broken(new SocketException((int)error).Message);
            _pump.Wait(this);
        }
    }

    // Fills the stage with what comes next: the frame of the next segment and its first values, or more values that have to be converted.
    private void Stage()
    {
        (_stagedFrom, _stagedTo) = (0, 0);
        if (_sending.Left == 0)
        {
            _sending = _results.Count > 0 ? _results.Dequeue() : _contributions.Dequeue();
            _sending.Frame.Write(_stage);
            _stagedTo = SegmentFrame.Size;
        }
        else if (!_sending.Converts)
        {
            return;
        }
        _stagedTo += _sending.Take(_stage.AsSpan(_stagedTo));
    }
}
