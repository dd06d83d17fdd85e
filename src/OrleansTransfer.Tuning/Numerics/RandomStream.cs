namespace OrleansTransfer.Tuning.Numerics;

/// <summary>
/// Random numbers that are a function of a seed and of whatever they are for, so that nothing has to be remembered between two suggestions.
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). For one thread at a time.
/// </summary>
public sealed class RandomStream
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;
    private const ulong Spread = 0xD1342543DE82EF95;
    private ulong _state;
    private double? _spare;

    private RandomStream(ulong state) => _state = state;

    /// <summary>The stream of a purpose: the same for the same numbers, unlike any other.</summary>
    public static RandomStream For(long seed, params ReadOnlySpan<long> purpose)
    {
        var state = Mix((ulong)seed + GoldenGamma);
        // Parts are spread by another factor than the seed, so that seed and part cannot change places.
        foreach (var part in purpose) state = Mix(state + Mix((ulong)part * Spread + GoldenGamma));
        return new(state);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => Mix(_state += GoldenGamma);

    /// <summary>0 (inclusive) to 1 (exclusive), uniform.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 to <paramref name="count"/> - 1, uniform.</summary>
    public int NextIndex(int count) => (int)(NextDouble() * count);

    /// <summary>Standard normal, by the polar method of Marsaglia.</summary>
    public double NextNormal()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }
        while (true)
        {
            var (x, y) = (2 * NextDouble() - 1, 2 * NextDouble() - 1);
            var square = x * x + y * y;
            if (square is >= 1 or 0) continue;
            var factor = Math.Sqrt(-2 * Math.Log(square) / square);
            _spare = y * factor;
            return x * factor;
        }
    }

    /// <summary>A point of the unit cube, uniform.</summary>
    public double[] NextPoint(int dimensions)
    {
        var point = new double[dimensions];
        for (var i = 0; i < dimensions; i++) point[i] = NextDouble();
        return point;
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
