using System.Runtime.InteropServices;
using OrleansTransfer.Cluster.Exchange;

namespace OrleansTransfer.Cluster.Tests.Exchange;

/// <summary>The vector kernels against one value at a time.</summary>
public class BFloat16sTests
{
    // Zero, the least and the largest subnormal, the least normal, one, the largest finite, infinity, quiet and signalling NaNs with payloads above
    // and below the cut, the NaN that rounding up would carry into the sign.
    private static readonly uint[] s_magnitudes =
    [
        0, 1, 0x0000_8000, 0x007F_FFFF, 0x0080_0000, 0x3F80_0000, 0x3F80_7FFF, 0x3F80_8000, 0x3F80_8001, 0x3F81_8000, 0x3F81_7FFF, 0x3F81_8001,
        0x7F7F_0000, 0x7F7F_7FFF, 0x7F7F_8000, 0x7F7F_FFFF, 0x7F80_0000, 0x7F80_0001, 0x7F80_8000, 0x7FC0_0000, 0x7FC1_2345, 0x7FBF_FFFF, 0x7FFF_FFFF,
    ];

    [Fact]
    public void Rounding_is_to_nearest_even_and_keeps_infinities_and_NaNs()
    {
        var values = Specials();
        var rounded = new ushort[values.Length];
        BFloat16s.Round(values, rounded);
        Assert.Equal(values.Select(Reference), rounded);
        BFloat16s.Round(values.AsSpan());
        Assert.Equal(rounded.Select(upper => (uint)upper << 16), values.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Rounding_agrees_over_the_upper_half_of_all_bits_and_every_kind_of_lower_half()
    {
        var lower = new uint[] { 0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF };
        var values = new float[0x1_0000];
        var rounded = new ushort[values.Length];
        foreach (var low in lower)
        {
            for (var upper = 0u; upper < values.Length; upper++) values[upper] = BitConverter.UInt32BitsToSingle((upper << 16) | low);
            BFloat16s.Round(values, rounded);
            for (var upper = 0; upper < values.Length; upper++)
                if (Reference(values[upper]) != rounded[upper]) Assert.Fail($"0x{((uint)upper << 16) | low:X8} became 0x{rounded[upper]:X4}");
        }
    }

    [Fact]
    public void Widening_is_exact_for_all_values()
    {
        var source = Enumerable.Range(0, 0x1_0000).Select(bits => (ushort)bits).ToArray();
        var target = new float[source.Length];
        BFloat16s.Widen(source, target);
        Assert.Equal(source.Select(bits => (uint)bits << 16), target.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Adding_equals_widening_and_adding()
    {
        var random = new Random(3);
        var source = Enumerable.Range(0, 0x1_0000).Select(bits => (ushort)bits).ToArray();
        var sum = source.Select(_ => random.NextSingle() - 0.5f).ToArray();
        var expected = sum.Zip(source, (value, bits) => value + BitConverter.UInt32BitsToSingle((uint)bits << 16)).ToArray();
        BFloat16s.Add(sum, source);
        Assert.Equal(expected, sum);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(33)]
    [InlineData(100)]
    public void Lengths_that_are_no_multiple_of_a_vector_leave_their_neighbours_alone(int length)
    {
        float[] values = [.. Enumerable.Range(0, length + 1).Select(i => i + 1 / 512f)];
        var rounded = new ushort[length + 1];
        BFloat16s.Round(values.AsSpan(0, length), rounded.AsSpan(0, length));
        Assert.Equal([.. values.Take(length).Select(Reference), 0], rounded);

        var widened = new float[length + 1];
        BFloat16s.Widen(rounded.AsSpan(0, length), widened.AsSpan(0, length));
        BFloat16s.Add(widened.AsSpan(0, length), rounded.AsSpan(0, length));
        BFloat16s.Round(values.AsSpan(0, length));
        Assert.Equal([.. values.Take(length).Select(value => 2 * value), 0], widened);
        Assert.Equal(length + 1 / 512f, values[length]);
    }

    [Fact]
    public void Different_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BFloat16s.Round(new float[2], new ushort[3]));
        Assert.Throws<ArgumentException>(() => BFloat16s.Widen(new ushort[2], new float[3]));
        Assert.Throws<ArgumentException>(() => BFloat16s.Add(new float[2], new ushort[3]));
    }

    private static float[] Specials()
    {
        uint[] bits = [.. s_magnitudes, .. s_magnitudes.Select(magnitude => magnitude | 0x8000_0000)];
        return MemoryMarshal.Cast<uint, float>(bits).ToArray();
    }

    // By its definition: of the two neighbours the nearer, and of two equally near ones the even.
    private static ushort Reference(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        var (upper, lower) = ((ushort)(bits >> 16), bits & 0xFFFF);
        if (float.IsNaN(value)) return (ushort)(upper | 0x40);
        return lower > 0x8000 || (lower == 0x8000 && upper % 2 == 1) ? (ushort)(upper + 1) : upper;
    }
}
