using System.Runtime.InteropServices;

namespace OrleansTransfer.Learning.Compute;

/// <summary>Tunes the C allocator for training.</summary>
public static partial class Allocator
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    /// <summary>
    /// Keeps large blocks in the process. By default glibc returns each freed activation to the kernel and faults every page in again at the next step,
    /// which costs more than half of the training time on CPU. Call it once, before the first tensor is made; it does nothing where glibc is not the C library.
    /// </summary>
    public static void KeepLargeBlocks()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            MallOpt(MmapThreshold, 1 << 30);
            MallOpt(TrimThreshold, int.MaxValue);
            MallOpt(TopPad, 64 << 20);
            MallOpt(ArenaMax, 1);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt and no such behaviour either.
        }
    }
}
