using System.Globalization;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Host.Doctor;

/// <summary>Memory, disk space and limits of the system.</summary>
internal static class MachineChecks
{
    private const double Giga = 1 << 30;

    // An idle node needs 400 MB; a small network with its optimizer and activations a gigabyte besides.
    private const long LeastMemory = 1L << 30, EnoughMemory = 2L << 30;

    private const long LeastSpace = 1L << 30;

    // Connections of nodes and followers, data files, checkpoints: far below a thousand each, far above 256 together.
    private const long LeastFiles = 1024, EnoughFiles = 4096;

    // Each .NET program that watches its configuration takes one or more.
    private const long EnoughWatches = 64;

    public static IReadOnlyList<CheckResult> Make(NodeOptions options)
    {
        var results = new List<CheckResult> { Memory(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Available()) };
        var folders = new List<(string Name, string Path)> { ("cache", StateLocation.CacheFolder(options.StateLocation)) };
        if (StateLocation.LocalFolder(options.StateLocation) is { } state) folders.Add(("state", state));
        try
        {
            folders.Add(("weights", (options.Weights ?? WeightCacheOptions.FromEnvironment(Environment.GetEnvironmentVariable)).Folder));
        }
        catch (Learning.LearningException exception)
        {
            results.Add(CheckResult.Failed("weights", exception.Message, "Correct the variable."));
        }

        results.AddRange(folders.Select(folder => Disk(folder.Name, folder.Path, Space(folder.Path))));
        results.Add(Files(OpenFiles()));
        if (ReadNumber("/proc/sys/fs/inotify/max_user_instances") is { } watches) results.Add(Watches(watches));
        return results;
    }

    internal static CheckResult Memory(long total, long? available)
    {
        var found = available is { } left ? $"{Gigabytes(total)}, {Gigabytes(left)} of it available" : Gigabytes(total);
        const string Fix = "Give the node more memory (resources.limits.memory in the chart), or stop what else runs here.";
        var least = Math.Min(total, available ?? total);
        if (least < LeastMemory) return CheckResult.Failed("memory", found, Fix);
        return least < EnoughMemory ? CheckResult.Warning("memory", found, Fix) : CheckResult.Ok("memory", found);
    }

    internal static CheckResult Disk(string name, string path, (long Free, long Size)? space)
    {
        if (space is not var (free, size))
            return CheckResult.Failed("disk", $"{name} ({path}) cannot be looked at", "Give this user the right to make files there.");
        var found = $"{name} ({path}): {Gigabytes(free)} of {Gigabytes(size)} free";
        const string Fix = "Free space, or keep these files elsewhere (--state, OTX_CACHE, TMPDIR).";
        if (free < LeastSpace) return CheckResult.Failed("disk", found, Fix);
        return free < size / 10 && free < 20 * LeastSpace ? CheckResult.Warning("disk", found, Fix) : CheckResult.Ok("disk", found);
    }

    internal static CheckResult Files(long? limit)
    {
        var (found, fix) = ($"at most {limit} open files", $"Raise the limit to {EnoughFiles} or more (ulimit -n, LimitNOFILE).");
        return limit switch
        {
            null => CheckResult.Ok("files", "no limit is known"),
            < LeastFiles => CheckResult.Failed("files", found, fix),
            < EnoughFiles => CheckResult.Warning("files", found, fix),
            _ => CheckResult.Ok("files", found),
        };
    }

    internal static CheckResult Watches(long instances) => instances < EnoughWatches
        ? CheckResult.Warning("inotify", $"at most {instances} instances per user", "Raise fs.inotify.max_user_instances with sysctl to 128 or more.")
        : CheckResult.Ok("inotify", $"at most {instances} instances per user");

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / Giga:0.0} GiB");

    private static long? Available() => ReadLine("/proc/meminfo", "MemAvailable:") is { } line
        && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : null;

    // .NET raises its soft limit to the hard one when it starts.
    private static long? OpenFiles() => ReadLine("/proc/self/limits", "Max open files") is { } line
        && line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
        && long.TryParse(soft, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : null;

    private static string? ReadLine(string file, string start) =>
        File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal)) : null;

    private static long? ReadNumber(string file) => File.Exists(file)
        && long.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    // Of the folder itself, or of the nearest one above it that exists.
    private static (long Free, long Size)? Space(string path)
    {
        for (var folder = Path.GetFullPath(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            try
            {
                if (Directory.Exists(folder) && new DriveInfo(folder) is var drive) return (drive.AvailableFreeSpace, drive.TotalSize);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        return null;
    }
}
