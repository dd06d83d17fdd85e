using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>The one arithmetic operation of the exchange. Compiled to the end at the first call, as are <see cref="BFloat16s"/>.</summary>
public static class FloatSum
{
    /// <summary>
    /// <c>target[i] += source[i]</c>. A plain unrolled vector loop: for blocks that fit the cache it is three times faster than library routines that
    /// write past the cache.
    /// </summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<float> target, ReadOnlySpan<float> source)
    {
        if (target.Length != source.Length)
            throw new ArgumentException($"{source.Length} values cannot be added to {target.Length}.", nameof(source));
        ref var t = ref MemoryMarshal.GetReference(target);
        ref var s = ref MemoryMarshal.GetReference(source);
        nuint i = 0, length = (nuint)target.Length;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 64 <= length; i += 64)
            {
                var a = Vector512.LoadUnsafe(ref t, i) + Vector512.LoadUnsafe(ref s, i);
                var b = Vector512.LoadUnsafe(ref t, i + 16) + Vector512.LoadUnsafe(ref s, i + 16);
                var c = Vector512.LoadUnsafe(ref t, i + 32) + Vector512.LoadUnsafe(ref s, i + 32);
                var d = Vector512.LoadUnsafe(ref t, i + 48) + Vector512.LoadUnsafe(ref s, i + 48);
                a.StoreUnsafe(ref t, i);
                b.StoreUnsafe(ref t, i + 16);
                c.StoreUnsafe(ref t, i + 32);
                d.StoreUnsafe(ref t, i + 48);
            }
        }
        else
        {
            var width = (nuint)Vector<float>.Count;
            for (; i + width <= length; i += width) (Vector.LoadUnsafe(ref t, i) + Vector.LoadUnsafe(ref s, i)).StoreUnsafe(ref t, i);
        }
        for (; i < length; i++) Unsafe.Add(ref t, i) += Unsafe.Add(ref s, i);
    }
}
