using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>
/// A connection to one other node that carries the segments of one generation of one group, both ways, on blocking system calls: gradients go from
/// their own memory into the socket and from the socket into their own memory. One thread exchanges: it receives, and hands over what is to be
/// sent; a thread of the lane sends, so that a full pipe never keeps the exchange from receiving.
/// </summary>
public sealed unsafe class Lane : IDisposable
{
    // What fits into one small packet is sent at once by whoever has it: waking the sending thread would take longer.
    private const int InlineBytes = 16 * 1024;

    // The start of a large segment travels with its frame; the rest straight from its memory.
    private const int HeadBytes = 32 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _sendBuffer = GC.AllocateUninitializedArray<byte>(HeadBytes, pinned: true);
    private readonly byte[] _receiveBuffer = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private readonly object _gate = new();
    private readonly Queue<Outgoing> _results = new(), _contributions = new();
    private readonly Thread _sender;
    private int _buffered, _consumed;
    private bool _sending, _closed;
    private Exception? _failure;

    /// <param name="socket">Connected, and never used asynchronously: .NET would have taken its blocking mode away. The lane owns it.</param>
    /// <param name="peer">Name of the node at the other end, for the thread's name.</param>
    public Lane(Socket socket, string peer)
    {
        _socket = socket;
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        _sender = new Thread(SendLoop) { IsBackground = true, Name = $"lane to {peer}" };
        _sender.Start();
    }

    /// <summary>
    /// Hands over a segment to be sent. Results overtake contributions: another node needs them to finish. The values must stay as they are until
    /// <see cref="Flush"/> or <see cref="Dispose"/> has returned.
    /// </summary>
    /// <param name="frame">What the segment is.</param>
    /// <param name="values">The segment's first value.</param>
    /// <exception cref="LaneException">The lane is broken or closed.</exception>
    public void Post(SegmentFrame frame, float* values)
    {
        var segment = new Outgoing(frame, (nint)values);
        lock (_gate)
        {
            ThrowIfBroken();
            if (_sending || _results.Count + _contributions.Count > 0 || frame.PayloadBytes > InlineBytes)
            {
                (frame.Kind == SegmentKind.Result ? _results : _contributions).Enqueue(segment);
                Monitor.PulseAll(_gate);
                return;
            }
            _sending = true;
        }
        Send(segment);
        lock (_gate) ThrowIfBroken();
    }

    /// <summary>Waits until everything that was handed over is sent.</summary>
    /// <exception cref="LaneException">The lane is broken or closed.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            while (true)
            {
                ThrowIfBroken();
                if (!_sending && _results.Count + _contributions.Count == 0) return;
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Waits for the next segment; <see cref="ReceiveValues"/> must take its values before this is called again.</summary>
    /// <exception cref="LaneException">The lane is broken or closed, or the other node sent something else.</exception>
    public SegmentFrame ReceiveFrame()
    {
        if (_buffered - _consumed < SegmentFrame.Size)
        {
            _receiveBuffer.AsSpan(_consumed, _buffered - _consumed).CopyTo(_receiveBuffer);
            (_buffered, _consumed) = (_buffered - _consumed, 0);
            while (_buffered < SegmentFrame.Size) _buffered += Receive(_receiveBuffer.AsSpan(_buffered));
        }
        var frame = SegmentFrame.Read(_receiveBuffer.AsSpan(_consumed, SegmentFrame.Size));
        _consumed += SegmentFrame.Size;
        return frame;
    }

    /// <summary>Fills <paramref name="values"/> with the next values of the segment.</summary>
    /// <exception cref="LaneException">The lane is broken or closed.</exception>
    public void ReceiveValues(Span<float> values)
    {
        var bytes = MemoryMarshal.AsBytes(values);
        var ready = Math.Min(_buffered - _consumed, bytes.Length);
        _receiveBuffer.AsSpan(_consumed, ready).CopyTo(bytes);
        _consumed += ready;
        bytes = bytes[ready..];
        while (!bytes.IsEmpty) bytes = bytes[Receive(bytes)..];
    }

    /// <summary>Ends every call at once, from any thread. Does not wait for a send in progress.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_closed) return;
            _closed = true;
            _results.Clear();
            _contributions.Clear();
            Monitor.PulseAll(_gate);
        }
        _socket.Dispose();
    }

    /// <summary>Closes the lane; when it returns, nothing reads from the values that were handed over.</summary>
    public void Dispose()
    {
        Close();
        lock (_gate)
            while (_sending) Monitor.Wait(_gate);
        if (Thread.CurrentThread != _sender) _sender.Join();
    }

    private int Receive(Span<byte> bytes)
    {
        try
        {
            var received = _socket.Receive(bytes);
            return received > 0 ? received : throw new LaneException("it closed the connection");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new LaneException(e is SocketException ? e.Message : "the connection was closed", e);
        }
    }

    private void SendLoop()
    {
        while (true)
        {
            Outgoing segment;
            lock (_gate)
            {
                while (!_closed && (_sending || _results.Count + _contributions.Count == 0)) Monitor.Wait(_gate);
                if (_closed) return;
                segment = _results.Count > 0 ? _results.Dequeue() : _contributions.Dequeue();
                _sending = true;
            }
            Send(segment);
        }
    }

    // Only one thread at a time is here: whoever set _sending.
    private void Send(Outgoing segment)
    {
        Exception? failure = null;
        try
        {
            segment.Frame.Write(_sendBuffer);
            var payload = new ReadOnlySpan<byte>((void*)segment.Values, checked((int)segment.Frame.PayloadBytes));
            var head = Math.Min(payload.Length, _sendBuffer.Length - SegmentFrame.Size);
            payload[..head].CopyTo(_sendBuffer.AsSpan(SegmentFrame.Size));
            SendAll(_sendBuffer.AsSpan(0, SegmentFrame.Size + head));
            SendAll(payload[head..]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            failure = e;
        }
        lock (_gate)
        {
            _sending = false;
            _failure ??= failure;
            Monitor.PulseAll(_gate);
        }
        // The thread that receives waits for an answer to what could not be sent.
        if (failure is not null) Close();
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    private void ThrowIfBroken()
    {
        if (_failure is SocketException broken) throw new LaneException(broken.Message, broken);
        if (_closed) throw new LaneException("the connection was closed");
    }

    private readonly record struct Outgoing(SegmentFrame Frame, nint Values);
}
