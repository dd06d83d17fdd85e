using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Hands a flat tensor to an <see cref="IGradientExchange"/>: its own memory on a CPU, a staging copy in pinned memory on any other device.
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

    /// <summary>Replaces the tensor's values by their sum over all ranks.</summary>
    public void AllReduce(IGradientExchange exchange, long sequence, CancellationToken cancellationToken)
    {
        if (_staging is null)
        {
            exchange.AllReduce(sequence, Floats(_flat), WireFormat.Float32, cancellationToken);
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (exchange.WorldSize == 1) return; // The sum over one replica is what it has: no need for two trips over the bus.
        _staging.copy_(_flat);
        exchange.AllReduce(sequence, Floats(_staging), WireFormat.Float32, cancellationToken);
        _flat.copy_(_staging);
    }

    /// <inheritdoc/>
    public void Dispose() => _staging?.Dispose();

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
