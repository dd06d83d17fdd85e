using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Hands parts of a flat tensor to an <see cref="IGradientExchange"/>: its own memory on a CPU, a staging copy in pinned memory on any other device.
/// </summary>
internal sealed class ExchangeBuffer : IDisposable
{
    private readonly Tensor _flat;
    private readonly Tensor? _staging;

    /// <summary>Wraps <paramref name="flat"/>, contiguous float32 <c>[n]</c>, which the caller keeps alive.</summary>
    public ExchangeBuffer(Tensor flat)
    {
        _flat = flat;
        if (flat.device_type == DeviceType.CPU) return;
        using var pageable = zeros(flat.numel());
        _staging = pageable.pin_memory().DetachFromDisposeScope();
    }

    /// <summary>Replaces a part of the tensor, which has at most 2 GiB, by its sum over all ranks.</summary>
    public void AllReduce(
        IGradientExchange exchange, long sequence, long offset, long count, WireFormat wire, CancellationToken cancellationToken)
    {
        if (count == 0) return;
        using var part = _flat.narrow(0, offset, count).DetachFromDisposeScope();
        if (_staging is null)
        {
            exchange.AllReduce(sequence, Floats(part), wire, cancellationToken);
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        using var staged = _staging.narrow(0, offset, count).DetachFromDisposeScope();
        staged.copy_(part);
        exchange.AllReduce(sequence, Floats(staged), wire, cancellationToken);
        part.copy_(staged);
    }

    /// <inheritdoc/>
    public void Dispose() => _staging?.Dispose();

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
