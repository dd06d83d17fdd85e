using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Exchanges the gradients of a replica's steps on a thread of its own, bucket by bucket, while the backward pass goes on to compute the others. Ranks
/// exchange the same buckets in the same order, whatever becomes final first.
/// </summary>
internal sealed class GradientExchanger : IDisposable
{
    private readonly IGradientExchange _exchange;
    private readonly ExchangeSettings _settings;
    private readonly CancellationTokenSource _stop;
    private readonly object _gate = new();
    private readonly Queue<Piece> _pieces = [];
    private readonly Thread _thread;
    private ActivePhase? _active;
    private IReadOnlyList<GradientBucket> _buckets = [];
    private long _sequence;
    private int _posted;
    private bool _working, _ending;
    private volatile Exception? _failure;

    /// <param name="exchange">Carries out each bucket; nobody else uses it between <see cref="Begin"/> and <see cref="Finish"/>.</param>
    /// <param name="settings">Size and format of buckets.</param>
    /// <param name="cancellationToken">Ends an exchange under way.</param>
    public GradientExchanger(IGradientExchange exchange, ExchangeSettings settings, CancellationToken cancellationToken)
    {
        (_exchange, _settings) = (exchange, settings);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _thread = new Thread(Work) { IsBackground = true, Name = $"exchange of rank {exchange.Rank}" };
        _thread.Start();
    }

    /// <summary>This replica's place in the group.</summary>
    public int Rank => _exchange.Rank;

    /// <summary>Number of replicas in the group.</summary>
    public int WorldSize => _exchange.WorldSize;

    /// <summary>Seconds that the exchanges of the present step have taken so far, hidden or not.</summary>
    public double BusySeconds { get; private set; }

    /// <summary>Begins a step.</summary>
    /// <param name="active">The phase whose gradients are exchanged, all of them zero.</param>
    /// <param name="sequence">Number of the first exchange.</param>
    public void Begin(ActivePhase active, long sequence)
    {
        _active = active;
        _buckets = active.Buckets(_settings.BucketLength);
        (_sequence, _posted, BusySeconds) = (sequence, 0, 0);
    }

    /// <summary>From now on, gradients that become final are sent: the next backward pass is the step's last.</summary>
    public void SendAsReady() => _active!.Markers?.Arm(Post);

    /// <summary>
    /// Sends what has not been sent, the tail last, and waits for all of it. Returns the number of the exchange that follows.
    /// </summary>
    /// <exception cref="ExchangeAbortedException">The group broke up.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public long Finish()
    {
        _active!.Markers?.Disarm();
        ThrowIfFailed();
        Post(int.MaxValue);
        var parameters = _active.Parameters;
        Enqueue(new(parameters.Count, parameters.Exchanged.numel() - parameters.Count, WireFormat.Float32));
        AwaitRest();
        ThrowIfFailed();
        return _sequence;
    }

    /// <summary>
    /// Replaces a contiguous float32 tensor on the CPU by its sum over all ranks; waits for that, and for whatever is to be sent before it. Never throws:
    /// see <see cref="ThrowIfFailed"/>.
    /// </summary>
    public void Sum(Tensor values)
    {
        Enqueue(new(0, values.numel(), WireFormat.Float32, values));
        AwaitRest();
    }

    /// <summary>Throws what made an exchange fail, if one has.</summary>
    /// <exception cref="ExchangeAbortedException">The group broke up.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public void ThrowIfFailed()
    {
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Gives a step up; when it returns, nothing reads from the gradients or writes into them. No step can follow.</summary>
    public void Abandon()
    {
        _active?.Markers?.Disarm();
        _stop.Cancel();
        AwaitRest();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _ending = true;
            Monitor.PulseAll(_gate);
        }
        _thread.Join();
        _stop.Dispose();
    }

    // Called from within the backward pass: it must not throw, and does not wait.
    private void Post(int section)
    {
        for (; _posted < _buckets.Count && _buckets[_posted].Section <= section; _posted++)
            Enqueue(new(_buckets[_posted].Offset, _buckets[_posted].Count, _settings.Wire));
    }

    private void Enqueue(Piece piece)
    {
        lock (_gate)
        {
            _pieces.Enqueue(piece);
            Monitor.PulseAll(_gate);
        }
    }

    private void AwaitRest()
    {
        lock (_gate)
            while (_working || _pieces.Count > 0) Monitor.Wait(_gate);
    }

    private void Work()
    {
        while (true)
        {
            Piece piece;
            lock (_gate)
            {
                _working = false;
                Monitor.PulseAll(_gate);
                while (_pieces.Count == 0)
                {
                    if (_ending) return;
                    Monitor.Wait(_gate);
                }
                piece = _pieces.Dequeue();
                _working = true;
            }
            if (_failure is not null) continue;
            var started = Stopwatch.GetTimestamp();
            try
            {
                if (piece.Values is { } values)
                    _exchange.AllReduce(_sequence++, MemoryMarshal.Cast<byte, float>(values.bytes), piece.Wire, _stop.Token);
                else _active!.Buffer.AllReduce(_exchange, _sequence++, piece.Offset, piece.Count, piece.Wire, _stop.Token);
            }
            catch (Exception e)
            {
                _failure = e;
            }
            BusySeconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }

    private readonly record struct Piece(long Offset, long Count, WireFormat Wire, Tensor? Values = null);
}
