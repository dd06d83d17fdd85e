using System.Globalization;
using TorchSharp;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Finds the devices a node offers.</summary>
public static class DeviceDiscovery
{
    /// <summary>What a node without devices is told to offer.</summary>
    public const string None = "none";

    /// <summary>Most CPU devices a node may offer: each is a replica of its own.</summary>
    public const int MaxCpuDevices = 256;

    /// <summary>Reads what the user asked for and checks it against this machine.</summary>
    /// <param name="devices">
    /// <c>cpu:N</c> for N CPU devices, <c>cpu</c> for one per core, <c>cuda</c> for every CUDA device, <c>cuda:0,cuda:1</c> for some, or several of
    /// these with commas; null or empty takes every CUDA device, or one CPU device per core where there is none; <c>none</c> takes none, for a node
    /// that serves the API and coordinates runs but does not train.
    /// </param>
    /// <returns>Device names: <c>cpu:0</c>, <c>cuda:1</c>, ...; none twice.</returns>
    /// <exception cref="FormatException">It is none of these, or this machine has no such device; the message is a sentence.</exception>
    public static IReadOnlyList<string> Parse(string? devices) => Parse(devices, Environment.ProcessorCount, CudaDevices);

    internal static IReadOnlyList<string> Parse(string? devices, int cores, Func<int> cudaDevices)
    {
        if (string.IsNullOrWhiteSpace(devices))
        {
            var found = cudaDevices();
            return found > 0 ? Numbered("cuda", found) : Numbered("cpu", cores);
        }

        if (devices.Trim().Equals(None, StringComparison.OrdinalIgnoreCase)) return [];
        var names = new List<string>();
        foreach (var part in devices.Split(',', StringSplitOptions.TrimEntries))
        {
            var (kind, number) = Split(part, devices);
            var named = (kind, number) switch
            {
                ("cpu", null) => Numbered("cpu", cores),
                ("cpu", 0) => throw Unreadable(devices, "'cpu:N' asks for N devices, at least 1"),
                ("cpu", > MaxCpuDevices) => throw Unreadable(devices, $"a node offers at most {MaxCpuDevices} CPU devices"),
                ("cpu", { } count) => Numbered("cpu", count),
                (_, null) => AllCuda(devices, cudaDevices()),
                (_, { } index) => [OneCuda(devices, index, cudaDevices())],
            };
            foreach (var name in named)
            {
                if (names.Contains(name)) throw Unreadable(devices, $"it names {name} twice");
                names.Add(name);
            }
        }

        return names;
    }

    private static (string Kind, int? Number) Split(string part, string devices)
    {
        var colon = part.IndexOf(':', StringComparison.Ordinal);
        var kind = (colon < 0 ? part : part[..colon]).ToLowerInvariant();
        if (kind is not ("cpu" or "cuda")) throw Unreadable(devices, $"'{part}' is neither a cpu nor a cuda device");
        if (colon < 0) return (kind, null);
        return int.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (kind, number)
            : throw Unreadable(devices, $"'{part[(colon + 1)..]}' is not a number");
    }

    private static string[] Numbered(string kind, int count) => [.. Enumerable.Range(0, count).Select(index => $"{kind}:{index}")];

    private static string[] AllCuda(string devices, int available) =>
        available > 0 ? Numbered("cuda", available) : throw Unreadable(devices, "libtorch finds no CUDA device on this machine");

    private static string OneCuda(string devices, int index, int available) => index < available
        ? $"cuda:{index}"
        : throw Unreadable(devices, available == 0
            ? "libtorch finds no CUDA device on this machine"
            : $"this machine has cuda:0 to cuda:{available - 1} and no cuda:{index}");

    private static FormatException Unreadable(string devices, string why) =>
        new($"The devices '{devices}' cannot be used: {why}. Write for instance 'cpu:2' (two CPU devices), 'cuda' (all) or 'cuda:0,cuda:1'.");

    private static int CudaDevices() => torch.cuda.is_available() ? torch.cuda.device_count() : 0;
}
