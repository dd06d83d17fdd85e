using System.Runtime.Intrinsics.X86;

namespace OrleansTransfer.Learning.Compute;

/// <summary>
/// Whether the processor tells the sizes of its caches. Many virtual machines hide them, and oneDNN (3.7, in libtorch 2.10), which divides its work by
/// them, then chooses among its convolutions as chance and other threads have it: with channels last some die and some give wrong numbers.
/// </summary>
internal static class ProcessorCaches
{
    /// <summary>Answers of the CPUID instruction to a function and a sub-function.</summary>
    public delegate (int Eax, int Ebx, int Ecx, int Edx) CpuId(int function, int subFunction);

    // "GenuineIntel", "AuthenticAMD" and "HygonGenuine" as the registers EBX, EDX, ECX hold them.
    private static readonly (int, int, int) s_intel = (0x756E6547, 0x49656E69, 0x6C65746E);
    private static readonly (int, int, int) s_amd = (0x68747541, 0x69746E65, 0x444D4163);
    private static readonly (int, int, int) s_hygon = (0x6F677948, 0x6E65476E, 0x656E6975);

    private const int IntelCaches = 4, ExtendedFunctions = unchecked((int)0x80000000), AmdCaches = unchecked((int)0x8000001D);

    // Smaller than those of any processor that runs .NET: what is below is not a size but a blank.
    private const long LeastLevel1 = 8 << 10, LeastLevel2 = 64 << 10;

    /// <summary>Whether this machine's processor tells the sizes of its first two levels of data caches; false on others than x86.</summary>
    public static bool AreKnown { get; } = X86Base.IsSupported && Describes(X86Base.CpuId);

    /// <summary>The same of the processor that answers with <paramref name="cpuId"/>.</summary>
    public static bool Describes(CpuId cpuId)
    {
        var (highest, b, c, d) = cpuId(0, 0);
        var vendor = (b, d, c);
        var function = vendor == s_intel && highest >= IntelCaches ? IntelCaches
            : (vendor == s_amd || vendor == s_hygon) && (uint)cpuId(ExtendedFunctions, 0).Eax >= unchecked((uint)AmdCaches) ? AmdCaches
            : 0;
        if (function == 0) return false;

        var sizes = new long[4]; // by level; the last is for what lies beyond the third
        for (var i = 0; i < 16; i++)
        {
            var (eax, ebx, ecx, _) = cpuId(function, i);
            var type = eax & 0x1F;
            if (type == 0) break; // no more caches
            if (type == 2) continue; // instructions only
            long ways = (ebx >>> 22) + 1, partitions = (ebx >>> 12 & 0x3FF) + 1, lineBytes = (ebx & 0xFFF) + 1, sets = (uint)ecx + 1L;
            sizes[Math.Clamp((eax >>> 5 & 7) - 1, 0, sizes.Length - 1)] = ways * partitions * lineBytes * sets;
        }
        return sizes[0] >= LeastLevel1 && sizes[1] >= LeastLevel2;
    }
}
