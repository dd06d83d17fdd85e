using OrleansTransfer.Cluster.Hosting;
using TorchSharp;

namespace OrleansTransfer.Host.Doctor;

/// <summary>libtorch and the devices that the node would offer.</summary>
internal static class DeviceChecks
{
    public static IReadOnlyList<CheckResult> Make(string? devices)
    {
        try
        {
            Compute("cpu");
        }
        catch (Exception exception)
        {
            // Whatever a native library and its loader come up with.
            return
            [
                CheckResult.Failed("libtorch", $"libtorch does not load or compute: {FirstLine(exception)}",
                    "Install the program again for this system (glibc 2.28 or later, x64), and look for missing libraries with ldd."),
            ];
        }

        var libtorch = CheckResult.Ok("libtorch", $"version {torch.__version__}, {torch.get_num_threads()} threads");
        IReadOnlyList<string> names;
        try
        {
            names = DeviceDiscovery.Parse(devices);
        }
        catch (FormatException exception)
        {
            return [libtorch, CheckResult.Failed("devices", exception.Message, "Correct --devices, or install the driver and the cuda build.")];
        }

        foreach (var cuda in names.Where(name => name.StartsWith("cuda", StringComparison.Ordinal)))
        {
            try
            {
                Compute(cuda);
            }
            catch (Exception exception)
            {
                return
                [
                    libtorch,
                    CheckResult.Failed("devices", $"{cuda} does not compute: {FirstLine(exception)}",
                        "Look at nvidia-smi and dmesg (Xid errors) on this machine; leave the device out with --devices."),
                ];
            }
        }

        var cores = Environment.ProcessorCount;
        var found = names.Count == 0 ? "none: a node that does not train" : $"{string.Join(", ", names)}; {cores} cores";
        return [libtorch, names.Count(name => name.StartsWith("cpu", StringComparison.Ordinal)) > cores
            ? CheckResult.Warning("devices", found, $"Offer at most cpu:{cores}: more devices than cores share them and are slower together.")
            : CheckResult.Ok("devices", found)];
    }

    // A product large enough that the library's kernels for it are loaded, and small enough for any device.
    private static void Compute(string device)
    {
        using var scope = torch.NewDisposeScope();
        var ones = torch.ones(64, 64, device: new torch.Device(device));
        var sum = ones.matmul(ones).sum().item<float>();
        if (sum != 64 * 64 * 64) throw new InvalidOperationException($"a product of ones summed up to {sum}");
    }

    private static string FirstLine(Exception exception) => exception.GetBaseException().Message.Split('\n')[0].Trim();
}
