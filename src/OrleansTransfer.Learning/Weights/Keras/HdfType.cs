using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>The message that describes the elements of a dataset, bit by bit.</summary>
internal static class HdfType
{
    private const byte WholeNumber = 0, FloatingPoint = 1;

    /// <summary>The type; null for one that libtorch does not have.</summary>
    public static ScalarType? Parse(HdfBlock message)
    {
        var kind = message.Byte() & 0xF; // the upper half is a version that makes no difference to these two
        var (flags, sign) = (message.Byte(), message.Byte());
        message.Skip(1);
        var size = message.UInt32();
        if (kind is not (WholeNumber or FloatingPoint)) return null;
        var (firstBit, bits) = (message.UInt16(), message.UInt16());
        if (firstBit != 0 || bits != (ulong)size * 8) return null;
        if (kind == WholeNumber)
        {
            return (flags, size) switch
            {
                (8, 8) => ScalarType.Int64,
                (8, 4) => ScalarType.Int32,
                (8, 2) => ScalarType.Int16,
                (8, 1) => ScalarType.Int8,
                (0, 1) => ScalarType.Byte,
                _ => null,
            };
        }
        // 0x20: little-endian, no padding, the first bit of the fraction is 1 and not stored.
        if (flags != 0x20 || sign != bits - 1) return null;
        return (message.Byte(), message.Byte(), message.Byte(), message.Byte(), message.UInt32()) switch
        {
            (52, 11, 0, 52, 1023) => ScalarType.Float64,
            (23, 8, 0, 23, 127) => ScalarType.Float32,
            (10, 5, 0, 10, 15) => ScalarType.Float16,
            _ => null,
        };
    }
}
