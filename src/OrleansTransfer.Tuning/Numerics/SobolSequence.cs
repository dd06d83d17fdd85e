using System.Buffers.Binary;
using System.Numerics;

namespace OrleansTransfer.Tuning.Numerics;

/// <summary>
/// The Sobol sequence in the order of Gray codes (Antonov and Saleev 1979), plain or scrambled. Any point can be had without those before it.
/// </summary>
internal static class SobolSequence
{
    private const int Bits = 32;
    private static readonly uint[][] s_directions = [.. Enumerable.Range(0, Dimensions).Select(Directions)];

    /// <summary>Dimensions there are direction numbers for.</summary>
    public const int Dimensions = 64;

    /// <summary>A coordinate of a point, 0 (inclusive) to 1 (exclusive).</summary>
    public static double Plain(uint index, int dimension) => Word(index, dimension) * (1.0 / (1L << Bits));

    /// <summary>
    /// A coordinate of a point under nested uniform scrambling (Owen 1995), each seed another one; by hashing (Burley, "Practical hash-based Owen
    /// scrambling", JCGT 9(4), 2020). The middle of its cell, so never 0.
    /// </summary>
    public static double Scrambled(uint index, int dimension, uint seed) =>
        (Reverse(Permute(Reverse(Word(index, dimension)), seed)) + 0.5) / (1L << Bits);

    private static uint Word(uint index, int dimension)
    {
        var (word, gray) = (0u, index ^ (index >> 1));
        for (; gray != 0; gray &= gray - 1) word ^= s_directions[dimension][BitOperations.TrailingZeroCount(gray)];
        return word;
    }

    // Laine and Karras: each bit is flipped by a hash of those below it. The constants are Burley's.
    private static uint Permute(uint bits, uint seed)
    {
        bits += seed;
        bits ^= bits * 0x6C50B47C;
        bits ^= bits * 0xB82F1E52;
        bits ^= bits * 0xC7AFE638;
        return bits ^ (bits * 0x8D22F6E6);
    }

    private static uint Reverse(uint bits)
    {
        bits = (bits >> 1) & 0x55555555 | (bits & 0x55555555) << 1;
        bits = (bits >> 2) & 0x33333333 | (bits & 0x33333333) << 2;
        bits = (bits >> 4) & 0x0F0F0F0F | (bits & 0x0F0F0F0F) << 4;
        return BinaryPrimitives.ReverseEndianness(bits);
    }

    private static uint[] Directions(int dimension)
    {
        var directions = new uint[Bits];
        if (dimension == 0)
        {
            for (var i = 0; i < Bits; i++) directions[i] = 1u << (Bits - 1 - i);
            return directions;
        }
        var (polynomial, initial) = SobolDirections.All[dimension - 1];
        var degree = initial.Length;
        for (var i = 0; i < Bits; i++)
        {
            if (i < degree)
            {
                directions[i] = initial[i] << (Bits - 1 - i);
                continue;
            }
            directions[i] = directions[i - degree] ^ (directions[i - degree] >> degree);
            for (var k = 1; k < degree; k++)
                if ((polynomial >> (degree - 1 - k) & 1) != 0) directions[i] ^= directions[i - k];
        }
        return directions;
    }
}
