using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Compute;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Data;

/// <summary>Settings of an <see cref="ImageBatchStream"/> that change its speed and memory, never its batches.</summary>
/// <param name="Parallelism">Background threads that decode, at least 1.</param>
/// <param name="Prefetch">Batches decoded or being decoded ahead of the training thread, at least 1.</param>
public sealed record DecodingOptions(int Parallelism, int Prefetch)
{
    /// <summary>One thread per core, at most 8, and 2 batches ahead.</summary>
    public static DecodingOptions Default { get; } = new(Math.Clamp(Environment.ProcessorCount, 1, 8), 2);
}

/// <summary>
/// The pictures of one rank, decoded ahead by background threads. All threads work on the earliest unfinished batch, picture by picture, so the next
/// batch is ready as early as can be. What a batch contains depends on plan, seed, epoch and step alone.
/// </summary>
public sealed class ImageBatchStream : ISampleStream
{
    private readonly string _root;
    private readonly IReadOnlyList<ImageSample> _samples;
    private readonly Preprocessing _preprocessing;
    private readonly AugmentKind _augment;
    private readonly BatchPlan _plan;
    private readonly int _rank, _worldSize;
    private readonly long _seed;
    private readonly DecodingOptions _options;

    // One lock guards everything below; it is held for bookkeeping only, never while a picture is decoded.
    private readonly object _gate = new();
    private readonly Queue<PendingBatch> _ahead = new();
    private readonly Thread[] _decoders;
    private (int Epoch, int Step)? _next;
    private bool _stopped;
    private Func<int, bool> _spares = _ => false;

    /// <param name="root">Folder that the samples' paths are relative to.</param>
    /// <param name="samples">The samples that <paramref name="plan"/> indexes into.</param>
    /// <param name="augment">Variation of the pictures; <see cref="AugmentKind.None"/> for evaluation.</param>
    /// <param name="seed">Source of the variation; the order comes from the plan's own seed.</param>
    /// <exception cref="ArgumentException">The plan was made for another number of samples, or the preprocessing is impossible.</exception>
    public ImageBatchStream(
        string root, IReadOnlyList<ImageSample> samples, Preprocessing preprocessing, AugmentKind augment, BatchPlan plan, int rank,
        int worldSize, long seed, DecodingOptions? options = null)
    {
        if (plan.Samples != samples.Count)
            throw new ArgumentException($"The plan divides {plan.Samples} samples, but there are {samples.Count}.", nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
        _options = options ?? DecodingOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Parallelism, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Prefetch, 1, nameof(options));
        (_root, _samples, _preprocessing, _augment, _plan) = (root, samples, preprocessing, augment, plan);
        (_rank, _worldSize, _seed) = (rank, worldSize, seed);

        // The readers are made here, so that an impossible preprocessing is the caller's exception and not a background thread's.
        _decoders = new Thread[_options.Parallelism];
        for (var i = 0; i < _decoders.Length; i++)
        {
            var reader = new PictureReader(preprocessing);
            _decoders[i] = new Thread(() => DecodeUntilStopped(reader)) { IsBackground = true, Name = $"picture decoder {i}" };
        }
        foreach (var decoder in _decoders) decoder.Start();
    }

    /// <inheritdoc/>
    public int StepsPerEpoch => _plan.StepsPerEpoch;

    /// <inheritdoc/>
    public Func<int, bool> Spares
    {
        set
        {
            lock (_gate) _spares = value;
        }
    }

    /// <inheritdoc/>
    public SampleShare ShareOf(int epoch, int step)
    {
        var indices = _plan.Share(epoch, step, _rank, _worldSize);
        return new(
            indices, [.. indices.Select(index => (long)_samples[index].Label)], _plan.Global(epoch, step).Count,
            _plan.Offset(epoch, step, _rank, _worldSize));
    }

    /// <inheritdoc/>
    public Batch Take(int epoch, int step, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, StepsPerEpoch);
        var wanted = Canonical(epoch, step);
        using var registration = cancellationToken.UnsafeRegister(static gate => Wake(gate!), _gate);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (!(_ahead.TryPeek(out var first) ? first.Position == wanted : _next == wanted))
            {
                Abandon();
                _next = wanted;
                Monitor.PulseAll(_gate);
            }
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(_stopped, this);
                if (_ahead.TryPeek(out var batch))
                {
                    if (batch.Failure is { } failure) throw new LearningException(failure.Message, failure);
                    if (batch.IsComplete)
                    {
                        _ahead.Dequeue();
                        Monitor.PulseAll(_gate);
                        return new(batch.Images, tensor(batch.Share.Labels).DetachFromDisposeScope(), batch.Share.GlobalCount)
                        {
                            Offset = batch.Share.Offset,
                            Spared = batch.Spared,
                        };
                    }
                }
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Stops the decoders (each finishes the picture it is at) and frees the batches that no one took.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Abandon();
            Monitor.PulseAll(_gate);
        }
        foreach (var decoder in _decoders) decoder.Join();
    }

    private static void Wake(object gate)
    {
        lock (gate) Monitor.PulseAll(gate);
    }

    // Evaluation has the same batches in every epoch: whichever epoch is asked for, what was decoded ahead serves.
    private (int Epoch, int Step) Canonical(int epoch, int step) => (_plan.SameEveryEpoch && _augment == AugmentKind.None ? 0 : epoch, step);

    private void Abandon()
    {
        while (_ahead.TryDequeue(out var batch)) batch.Abandon();
        _next = null;
    }

    private void DecodeUntilStopped(PictureReader reader)
    {
        while (Claim() is var (batch, place))
        {
            LearningException? failure = null;
            try
            {
                Read(reader, batch, place);
            }
            catch (LearningException exception)
            {
                failure = exception;
            }
            catch (Exception exception)
            {
                // The training thread must hear of it: left alone on this thread it would end the process.
                failure = new($"The picture '{_samples[batch.Share.Indices[place]].Path}' could not be prepared: {exception.Message}", exception);
            }
            lock (_gate)
            {
                batch.Finish(failure);
                Monitor.PulseAll(_gate);
            }
        }
    }

    // Waits for a picture to decode, the earliest first; null when the stream stops.
    private (PendingBatch Batch, int Place)? Claim()
    {
        lock (_gate)
        {
            while (!_stopped)
            {
                foreach (var batch in _ahead)
                    if (batch.TryClaim(out var place)) return (batch, place);
                if (_next is { } next && _ahead.Count < _options.Prefetch)
                {
                    _ahead.Enqueue(Begin(next.Epoch, next.Step));
                    _next = next.Step + 1 < StepsPerEpoch ? (next.Epoch, next.Step + 1) : Canonical(next.Epoch + 1, 0);
                    Monitor.PulseAll(_gate);
                }
                else
                {
                    Monitor.Wait(_gate);
                }
            }
            return null;
        }
    }

    private PendingBatch Begin(int epoch, int step)
    {
        var share = ShareOf(epoch, step);
        // Native memory, which the allocator reuses: a new managed array of this size would be faulted in page by page for every batch. Decoding
        // threads have no dispose scope, so nothing but the batch owns the tensor.
        var images = empty([share.Indices.Count, 3, _preprocessing.Crop, _preprocessing.Crop], ScalarType.Float32);
        var spared = share.Indices.Select(_spares).ToArray();
        return new((epoch, step), share, spared, images);
    }

    private void Read(PictureReader reader, PendingBatch batch, int place)
    {
        var index = batch.Share.Indices[place];
        var sample = _samples[index];
        var destination = MemoryMarshal.Cast<byte, float>(batch.Images.bytes).Slice(place * reader.Length, reader.Length);
        var random = Augmentation.Generator(_seed, batch.Position.Epoch, index);
        reader.Read(Path.Combine(_root, sample.Path), sample.Path, _augment, random, destination);
    }

    /// <summary>A batch being decoded; every member is used under the stream's lock.</summary>
    private sealed class PendingBatch((int Epoch, int Step) position, SampleShare share, bool[] spared, Tensor images)
    {
        private readonly int _needed = spared.Count(spares => !spares);
        private int _next, _claimed, _finished;
        private bool _abandoned;

        public (int Epoch, int Step) Position { get; } = position;

        public SampleShare Share { get; } = share;

        public Tensor Images { get; } = images;

        public IReadOnlyList<int> Spared { get; } = [.. spared.Index().Where(place => place.Item).Select(place => place.Index)];

        public LearningException? Failure { get; private set; }

        public bool IsComplete => Failure is null && _finished == _needed;

        public bool TryClaim(out int place)
        {
            while (_next < spared.Length && spared[_next]) _next++;
            place = _next;
            if (_next == spared.Length || Failure is not null) return false;
            _next++;
            _claimed++;
            return true;
        }

        public void Finish(LearningException? failure)
        {
            _finished++;
            Failure ??= failure;
            FreeIfUnused();
        }

        /// <summary>No one will take the batch: its memory goes when the last picture that is being written into it is done.</summary>
        public void Abandon()
        {
            _abandoned = true;
            FreeIfUnused();
        }

        private void FreeIfUnused()
        {
            if (_abandoned && _finished == _claimed) Images.Dispose();
        }
    }
}
