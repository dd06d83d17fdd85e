namespace OrleansTransfer.Learning.Compute;

/// <summary>
/// Makes independent seeds out of one: every random draw of a run is a pure function of the run's seed and of what it is drawn for.
/// </summary>
public static class Seeds
{
    /// <summary>
    /// Hashes <paramref name="seed"/> with <paramref name="parts"/> (for instance epoch and sample index, in that order) to a seed of their own. The
    /// same on every platform; any change of a part changes about half of the bits.
    /// </summary>
    public static long Derive(long seed, params ReadOnlySpan<long> parts)
    {
        var state = SplitMix64.Mix((ulong)seed + SplitMix64.GoldenGamma);
        foreach (var part in parts) state = SplitMix64.Mix(state + SplitMix64.Mix((ulong)part + SplitMix64.GoldenGamma) + SplitMix64.GoldenGamma);
        return (long)state;
    }
}

/// <summary>
/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014): 64 bits of state, any seed is good. Unlike
/// <see cref="Random"/> its sequence is part of no one's implementation, so it stays the same over platforms and versions. A mutable value: keep it
/// in a local.
/// </summary>
public struct SplitMix64(long seed)
{
    internal const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state = (ulong)seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => Mix(_state += GoldenGamma);

    /// <summary>An integer from 0 to <paramref name="bound"/> - 1, all equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is below 1.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        // Lemire, "Fast random integer generation in an interval" (arXiv 1805.10941): reject the few values that would favour small results.
        var range = (ulong)bound;
        var high = Math.BigMul(Next(), range, out var low);
        if (low < range)
        {
            var threshold = unchecked(0 - range) % range;
            while (low < threshold) high = Math.BigMul(Next(), range, out low);
        }
        return (int)high;
    }

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>A number of the standard normal distribution (Box and Muller's transform; one of the pair is dropped).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Puts <paramref name="items"/> into random order, every order equally likely (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
