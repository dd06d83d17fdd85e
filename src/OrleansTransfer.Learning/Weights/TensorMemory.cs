using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>Reaches the memory of a tensor of any size: one span holds at most 2 GiB.</summary>
public static class TensorMemory
{
    private const long ChunkBytes = 1 << 30;

    /// <summary>Takes a stretch of a tensor's bytes and how far from the tensor's start it begins.</summary>
    public delegate void Visitor(Span<byte> chunk, long offset);

    /// <summary>Shows <paramref name="visit"/> the bytes of <paramref name="tensor"/> (on the CPU, contiguous) in order, without copying
    /// them.</summary>
    public static void Visit(Tensor tensor, Visitor visit)
    {
        var (elements, size) = (tensor.numel(), tensor.element_size());
        if (elements == 0) return;
        if (elements * size <= ChunkBytes)
        {
            visit(tensor.bytes, 0);
            return;
        }
        using var detached = tensor.detach();
        using var flat = detached.view(-1);
        var step = ChunkBytes / size;
        for (long first = 0; first < elements; first += step)
        {
            using var chunk = flat.narrow(0, first, Math.Min(step, elements - first));
            visit(chunk.bytes, first * size);
        }
    }
}
