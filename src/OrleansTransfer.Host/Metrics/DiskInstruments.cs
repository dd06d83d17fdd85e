using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansTransfer.Host.Metrics;

/// <summary>Space of the file systems in which a node keeps files.</summary>
internal static class DiskInstruments
{
    private static readonly Meter s_meter = new(ProcessInstruments.MeterName);
    private static readonly ConcurrentDictionary<string, string> s_folders = new(StringComparer.Ordinal);

    static DiskInstruments()
    {
        s_meter.CreateObservableGauge(
            "orleanstransfer_disk_free_bytes",
            () => Observe(drive => drive.AvailableFreeSpace),
            "By",
            "Space left for this user where the folder is.");
        s_meter.CreateObservableGauge(
            "orleanstransfer_disk_size_bytes", () => Observe(drive => drive.TotalSize), "By", "Size of the file system where the folder is.");
    }

    /// <summary>Shows the space where a folder is.</summary>
    /// <param name="name">One of a few words: the value of the label <c>folder</c>.</param>
    /// <param name="path">The folder; it may be made later.</param>
    public static void Watch(string name, string path) => s_folders[name] = path;

    private static IEnumerable<Measurement<long>> Observe(Func<DriveInfo, long> space)
    {
        foreach (var (name, path) in s_folders)
        {
            if (Read(path, space) is { } bytes) yield return new(bytes, new KeyValuePair<string, object?>("folder", name));
        }
    }

    // The folder itself, or the nearest one above it that exists.
    private static long? Read(string path, Func<DriveInfo, long> space)
    {
        for (var folder = Path.GetFullPath(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            try
            {
                if (Directory.Exists(folder)) return space(new DriveInfo(folder));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        return null;
    }
}
