namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>The message that gives the dimensions of a dataset.</summary>
internal static class HdfShape
{
    private const int MaximumRank = 32;

    /// <exception cref="WeightsFormatException">It is no such message.</exception>
    public static IReadOnlyList<long> Parse(HdfBlock message)
    {
        var (version, rank) = (message.Byte(), message.Byte());
        message.Skip(1); // whether largest sizes follow
        switch (version)
        {
            case 1:
                message.Skip(5);
                break;
            case 2 when message.Byte() is 0 or 1:
                break;
            default:
                throw message.Malformed("gives dimensions in a way that Keras does not");
        }
        if (rank > MaximumRank) throw message.Malformed($"gives {rank} dimensions; there can be {MaximumRank}");
        var shape = new long[rank];
        for (var i = 0; i < rank; i++)
        {
            var size = message.UInt64();
            shape[i] = size <= long.MaxValue ? (long)size : throw message.Malformed($"gives a dimension of {size}");
        }
        return shape;
    }
}
