using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTransfer.Learning.Compute;

/// <summary>
/// Tunes the C allocator for training. By default glibc returns each freed activation to the kernel and faults every page in again at the next step,
/// which costs more than half of the training time on CPU.
/// </summary>
public static partial class Allocator
{
    private const string Variable = "GLIBC_TUNABLES";

    // One arena: the others are limited to 64 MB each, and a block that does not fit is mapped and unmapped every time after all.
    private const string Tunables =
        "glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592:glibc.malloc.top_pad=67108864";

    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static unsafe partial int Execute(byte* path, byte** arguments, byte** environment);

    /// <summary>
    /// Starts this process over, once, with the allocator's settings in its environment: the first line of a program that trains. Settings made later
    /// reach only arenas that do not exist yet, and the runtime has made some before the first line of a program runs. Process id, arguments,
    /// standard streams and working directory stay. Returns if the settings are there already, or cannot be made.
    /// </summary>
    public static unsafe void RestartTuned()
    {
        var present = Environment.GetEnvironmentVariable(Variable);
        if (!OperatingSystem.IsLinux() || present?.Contains("glibc.malloc.", StringComparison.Ordinal) == true) return;
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(entry => (string)entry.Key != Variable)
            .Select(entry => $"{entry.Key}={entry.Value}")
            .Append($"{Variable}={(string.IsNullOrEmpty(present) ? Tunables : $"{present}:{Tunables}")}");
        byte[] arguments;
        try
        {
            arguments = File.ReadAllBytes("/proc/self/cmdline");
        }
        catch (IOException)
        {
            KeepLargeBlocks();
            return;
        }

        // Each argument ends in a zero byte.
        var argumentTexts = Encoding.UTF8.GetString(arguments.AsSpan(0, Math.Max(0, arguments.Length - 1))).Split('\0');
        fixed (byte* path = "/proc/self/exe\0"u8)
            Execute(path, Strings(argumentTexts), Strings(environment));
        KeepLargeBlocks();
    }

    /// <summary>
    /// The same for a process that cannot be started over, as far as that goes: call it before the first tensor is made. Does nothing where glibc is
    /// not the C library.
    /// </summary>
    public static void KeepLargeBlocks()
    {
        var present = Environment.GetEnvironmentVariable(Variable);
        if (!OperatingSystem.IsLinux() || present?.Contains("glibc.malloc.", StringComparison.Ordinal) == true) return;
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

    // Never freed: the process image that would free it is gone, or the few bytes do not matter.
    private static unsafe byte** Strings(IEnumerable<string> values)
    {
        var pointers = values.Select(value => Marshal.StringToCoTaskMemUTF8(value)).Append(0).ToArray();
        var table = (byte**)NativeMemory.Alloc((nuint)pointers.Length, (nuint)sizeof(byte*));
        for (var i = 0; i < pointers.Length; i++) table[i] = (byte*)pointers[i];
        return table;
    }
}
