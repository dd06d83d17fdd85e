using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>
/// Conversions between float32 and bfloat16, its upper 16 bits. Rounding is to nearest, ties to even: magnitudes beyond the largest finite bfloat16
/// (about 3.39e38) by half a step or more become infinite, infinities stay, and a NaN stays a NaN of its sign (quiet, with its upper payload bits).
/// </summary>
/// <remarks>
/// Compiled to the end at the first call: what tiered compilation starts with keeps vectors in memory, and a few calls are a whole exchange.
/// </remarks>
public static class BFloat16s
{
    private const uint QuietBit = 0x40;
    private const uint Magnitude = 0x7FFF_FFFF;
    private const uint Infinity = 0x7F80_0000;
    private const uint JustBelowHalf = 0x7FFF;

    /// <summary><c>target[i] = bfloat16(source[i])</c>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(ReadOnlySpan<float> source, Span<ushort> target)
    {
        Match(target.Length, source.Length);
        ref var s = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(source));
        ref var t = ref MemoryMarshal.GetReference(target);
        nuint i = 0, length = (nuint)source.Length;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 32 <= length; i += 32)
                Vector512.Narrow(Upper(Vector512.LoadUnsafe(ref s, i)), Upper(Vector512.LoadUnsafe(ref s, i + 16))).StoreUnsafe(ref t, i);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 16 <= length; i += 16)
                Vector256.Narrow(Upper(Vector256.LoadUnsafe(ref s, i)), Upper(Vector256.LoadUnsafe(ref s, i + 8))).StoreUnsafe(ref t, i);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= length; i += 8)
                Vector128.Narrow(Upper(Vector128.LoadUnsafe(ref s, i)), Upper(Vector128.LoadUnsafe(ref s, i + 4))).StoreUnsafe(ref t, i);
        }
        for (; i < length; i++) Unsafe.Add(ref t, i) = (ushort)Upper(Unsafe.Add(ref s, i));
    }

    /// <summary><c>values[i] = float32(bfloat16(values[i]))</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(Span<float> values)
    {
        ref var v = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
        nuint i = 0, length = (nuint)values.Length;
        if (Vector512.IsHardwareAccelerated)
            for (; i + 16 <= length; i += 16) (Upper(Vector512.LoadUnsafe(ref v, i)) << 16).StoreUnsafe(ref v, i);
        else if (Vector256.IsHardwareAccelerated)
            for (; i + 8 <= length; i += 8) (Upper(Vector256.LoadUnsafe(ref v, i)) << 16).StoreUnsafe(ref v, i);
        else if (Vector128.IsHardwareAccelerated)
            for (; i + 4 <= length; i += 4) (Upper(Vector128.LoadUnsafe(ref v, i)) << 16).StoreUnsafe(ref v, i);
        for (; i < length; i++) Unsafe.Add(ref v, i) = Upper(Unsafe.Add(ref v, i)) << 16;
    }

    /// <summary><c>target[i] = float32(source[i])</c>, which is exact.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ReadOnlySpan<ushort> source, Span<float> target)
    {
        Match(target.Length, source.Length);
        ref var s = ref MemoryMarshal.GetReference(source);
        ref var t = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(target));
        nuint i = 0, length = (nuint)source.Length;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 32 <= length; i += 32)
            {
                var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref s, i));
                (lower << 16).StoreUnsafe(ref t, i);
                (upper << 16).StoreUnsafe(ref t, i + 16);
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 16 <= length; i += 16)
            {
                var (lower, upper) = Vector256.Widen(Vector256.LoadUnsafe(ref s, i));
                (lower << 16).StoreUnsafe(ref t, i);
                (upper << 16).StoreUnsafe(ref t, i + 8);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= length; i += 8)
            {
                var (lower, upper) = Vector128.Widen(Vector128.LoadUnsafe(ref s, i));
                (lower << 16).StoreUnsafe(ref t, i);
                (upper << 16).StoreUnsafe(ref t, i + 4);
            }
        }
        for (; i < length; i++) Unsafe.Add(ref t, i) = (uint)Unsafe.Add(ref s, i) << 16;
    }

    /// <summary><c>target[i] += float32(source[i])</c>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<float> target, ReadOnlySpan<ushort> source)
    {
        Match(target.Length, source.Length);
        ref var s = ref MemoryMarshal.GetReference(source);
        ref var t = ref MemoryMarshal.GetReference(target);
        nuint i = 0, length = (nuint)source.Length;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 32 <= length; i += 32)
            {
                var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref s, i));
                (Vector512.LoadUnsafe(ref t, i) + (lower << 16).AsSingle()).StoreUnsafe(ref t, i);
                (Vector512.LoadUnsafe(ref t, i + 16) + (upper << 16).AsSingle()).StoreUnsafe(ref t, i + 16);
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 16 <= length; i += 16)
            {
                var (lower, upper) = Vector256.Widen(Vector256.LoadUnsafe(ref s, i));
                (Vector256.LoadUnsafe(ref t, i) + (lower << 16).AsSingle()).StoreUnsafe(ref t, i);
                (Vector256.LoadUnsafe(ref t, i + 8) + (upper << 16).AsSingle()).StoreUnsafe(ref t, i + 8);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= length; i += 8)
            {
                var (lower, upper) = Vector128.Widen(Vector128.LoadUnsafe(ref s, i));
                (Vector128.LoadUnsafe(ref t, i) + (lower << 16).AsSingle()).StoreUnsafe(ref t, i);
                (Vector128.LoadUnsafe(ref t, i + 4) + (upper << 16).AsSingle()).StoreUnsafe(ref t, i + 4);
            }
        }
        for (; i < length; i++) Unsafe.Add(ref t, i) += BitConverter.UInt32BitsToSingle((uint)Unsafe.Add(ref s, i) << 16);
    }

    // Half a step less one bit, and one more if the result would be odd. A NaN is cut off instead: rounding it up could end in an infinity or in the
    // other sign, and its cut payload could be empty, which the quiet bit prevents.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Upper(uint bits) =>
        (bits & Magnitude) > Infinity ? (bits >> 16) | QuietBit : (bits + JustBelowHalf + ((bits >> 16) & 1)) >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Upper(Vector512<uint> bits)
    {
        var upper = bits >>> 16;
        return Vector512.ConditionalSelect(
            Vector512.GreaterThan(bits & Vector512.Create(Magnitude), Vector512.Create(Infinity)),
            upper | Vector512.Create(QuietBit),
            (bits + Vector512.Create(JustBelowHalf) + (upper & Vector512<uint>.One)) >>> 16);
    }

    // Magnitudes are compared as signed numbers, which these instruction sets have an instruction for.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Upper(Vector256<uint> bits)
    {
        var upper = bits >>> 16;
        return Vector256.ConditionalSelect(
            Vector256.GreaterThan((bits & Vector256.Create(Magnitude)).AsInt32(), Vector256.Create((int)Infinity)).AsUInt32(),
            upper | Vector256.Create(QuietBit),
            (bits + Vector256.Create(JustBelowHalf) + (upper & Vector256<uint>.One)) >>> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Upper(Vector128<uint> bits)
    {
        var upper = bits >>> 16;
        return Vector128.ConditionalSelect(
            Vector128.GreaterThan((bits & Vector128.Create(Magnitude)).AsInt32(), Vector128.Create((int)Infinity)).AsUInt32(),
            upper | Vector128.Create(QuietBit),
            (bits + Vector128.Create(JustBelowHalf) + (upper & Vector128<uint>.One)) >>> 16);
    }

    private static void Match(int target, int source)
    {
        if (target != source) throw new ArgumentException($"{source} values do not go into {target}.", nameof(source));
    }
}
