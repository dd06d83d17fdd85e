using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>What a weights file says of one tensor.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
public record TensorInfo(string Name, ScalarType Type, IReadOnlyList<long> Shape)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} {SafetensorsTypes.Name(Type)} {Describe(Shape)}";

    internal static string Describe(IEnumerable<long> shape) => $"[{string.Join(',', shape)}]";
}

/// <summary>A tensor whose elements lie in the file as they lie in memory: uncompressed, row-major, without gaps.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
/// <param name="Offset">First byte of its data, from the start of the file.</param>
/// <param name="Bytes">Length of its data.</param>
public sealed record StoredTensor(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Offset, long Bytes) : TensorInfo(Name, Type, Shape);
