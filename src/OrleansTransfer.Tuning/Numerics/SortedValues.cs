namespace OrleansTransfer.Tuning.Numerics;

/// <summary>
/// Numbers in ascending order that can be added to and asked for ranks; in blocks, so that both take about the square root of their count.
/// </summary>
internal sealed class SortedValues
{
    private const int BlockSize = 512;
    private readonly List<List<double>> _blocks = [[]];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The number at a position, from the least.</summary>
    public double this[int index]
    {
        get
        {
            foreach (var block in _blocks)
            {
                if (index < block.Count) return block[index];
                index -= block.Count;
            }
            throw new ArgumentOutOfRangeException(nameof(index));
        }
    }

    public void Add(double value)
    {
        var at = BlockOf(value);
        var block = _blocks[at];
        var position = block.BinarySearch(value);
        block.Insert(position < 0 ? ~position : position, value);
        Count++;
        if (block.Count < BlockSize) return;
        _blocks.Insert(at + 1, block.GetRange(BlockSize / 2, block.Count - BlockSize / 2));
        block.RemoveRange(BlockSize / 2, block.Count - BlockSize / 2);
    }

    /// <summary>How many are less than the value.</summary>
    public int CountBelow(double value)
    {
        var below = 0;
        foreach (var block in _blocks)
        {
            if (block.Count > 0 && block[^1] < value)
            {
                below += block.Count;
                continue;
            }
            var (low, high) = (0, block.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (block[middle] < value) low = middle + 1;
                else high = middle;
            }
            return below + low;
        }
        return below;
    }

    private int BlockOf(double value)
    {
        var (low, high) = (0, _blocks.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_blocks[middle][^1] < value) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
