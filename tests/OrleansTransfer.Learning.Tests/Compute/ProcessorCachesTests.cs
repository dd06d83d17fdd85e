using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Tests.Compute;

public class ProcessorCachesTests
{
    private static readonly (int, int, int, int) s_blank = default;

    // As an EPYC of the fourth generation answers: 32 KiB of data and of instructions, 1 MiB, 32 MiB.
    private static readonly (int, int, int, int)[] s_epyc =
        [(0x121, 0x01C0003F, 0x3F, 0), (0x122, 0x01C0003F, 0x3F, 0), (0x143, 0x01C0003F, 0x7FF, 2), (0x4163, 0x03C0003F, 0x7FFF, 1), s_blank];

    // As a Xeon of the Ice Lake generation answers: 48 KiB of data, 32 KiB of instructions, 1.25 MiB, 54 MiB.
    private static readonly (int, int, int, int)[] s_xeon =
        [(0x4121, 0x02C0003F, 0x3F, 0), (0x4122, 0x01C0003F, 0x3F, 0), (0x4143, 0x04C0003F, 0x3FF, 0), (0x1FC163, 0x02C0003F, 0x11FFF, 4), s_blank];

    [Fact]
    public void Caches_with_their_sizes_are_known()
    {
        Assert.True(ProcessorCaches.Describes(Amd(s_epyc)));
        Assert.True(ProcessorCaches.Describes(Intel(s_xeon)));
    }

    [Fact]
    public void A_processor_that_lists_no_caches_hides_them()
    {
        Assert.False(ProcessorCaches.Describes(Amd([s_blank])));
        Assert.False(ProcessorCaches.Describes(Intel([s_blank])));
    }

    [Fact]
    public void A_second_level_that_is_missing_or_blank_counts_as_hidden()
    {
        Assert.False(ProcessorCaches.Describes(Amd([s_epyc[0], s_epyc[1], s_epyc[3], s_blank])));
        Assert.False(ProcessorCaches.Describes(Amd([s_epyc[0], s_epyc[1], (0x143, 0, 0, 0), s_epyc[3], s_blank])));
        Assert.False(ProcessorCaches.Describes(Intel([s_xeon[0], s_blank])));
    }

    [Fact]
    public void A_processor_without_the_function_hides_its_caches()
    {
        Assert.False(ProcessorCaches.Describes(Amd(s_epyc, highestExtended: unchecked((int)0x80000008))));
        Assert.False(ProcessorCaches.Describes(Intel(s_xeon, highest: 2)));
    }

    [Fact]
    public void A_vendor_that_oneDNN_does_not_ask_counts_as_hidden() =>
        Assert.False(ProcessorCaches.Describes(Cpu("CentaurHauls", 0x20, unchecked((int)0x80000020), s_xeon)));

    private static ProcessorCaches.CpuId Amd((int, int, int, int)[] caches, int highestExtended = unchecked((int)0x80000021)) =>
        Cpu("AuthenticAMD", 0x10, highestExtended, caches);

    private static ProcessorCaches.CpuId Intel((int, int, int, int)[] caches, int highest = 0x1B) =>
        Cpu("GenuineIntel", highest, unchecked((int)0x80000008), caches);

    private static ProcessorCaches.CpuId Cpu(string vendor, int highest, int highestExtended, (int, int, int, int)[] caches) =>
        (function, subFunction) => (uint)function switch
        {
            0 => (highest, Word(vendor, 0), Word(vendor, 8), Word(vendor, 4)),
            0x80000000 => (highestExtended, 0, 0, 0),
            4 when vendor[0] == 'G' => caches[subFunction],
            0x8000001D when vendor[0] == 'A' => caches[subFunction],
            _ => throw new InvalidOperationException($"Function {function:X} was not to be asked."),
        };

    private static int Word(string text, int start) => text[start] | text[start + 1] << 8 | text[start + 2] << 16 | text[start + 3] << 24;
}
