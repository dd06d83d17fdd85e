using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>
/// A Python dict as it was written: pairs in a row. It is not hashed, because keys of a hostile file could all be made to fall into one bucket.
/// </summary>
internal sealed class PickleDict
{
    public List<(object? Key, object? Value)> Pairs { get; } = [];
}

/// <summary>The elements that tensors are views of.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Elements">How many there are.</param>
internal sealed record PickledStorage(string Key, ScalarType Type, long Elements)
{
    /// <summary>Length in bytes; it was proven to fit.</summary>
    public long Bytes => Elements * SafetensorsTypes.Size(Type);
}

/// <summary>A part of a storage; old files have such.</summary>
/// <param name="Storage">The whole.</param>
/// <param name="First">First element of the part.</param>
/// <param name="Elements">Elements in the part.</param>
internal sealed record StorageView(PickledStorage Storage, long First, long Elements);

/// <summary>A tensor: a strided view of a storage, proven to lie in it.</summary>
/// <param name="Storage">Where its elements are.</param>
/// <param name="First">Its first element in the storage.</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
/// <param name="Strides">Steps between neighbours along each dimension, in elements.</param>
internal sealed record PickledTensor(PickledStorage Storage, long First, long[] Shape, long[] Strides)
{
    /// <summary>Elements of the storage from its first to its last, holes included.</summary>
    public long Span { get; } = Shape.Contains(0) ? 0 : 1 + Shape.Zip(Strides, (size, stride) => (size - 1) * stride).Sum();

    /// <summary>Whether the elements lie in the storage as in a new tensor: row-major, without holes.</summary>
    public bool IsContiguous
    {
        get
        {
            if (Span == 0) return true;
            long expected = 1;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                // Nothing is ever a step away along a dimension of 1, so PyTorch writes any stride there.
                if (Shape[i] != 1 && Strides[i] != expected) return false;
                expected *= Shape[i];
            }
            return true;
        }
    }
}
