using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using static TorchSharp.torch;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Time and memory of loading weights from the page cache, from safetensors and from both layouts of PyTorch (written by Debian's python3-torch,
/// where that is installed), beside the least that any reader must do: one read of the file, and one copy of it into the tensors. The two take turns.
/// Options: <c>--network resnet152 --rounds 9 --python /usr/bin/python3</c>.
/// </summary>
internal static class LoadBenchmark
{
    /// <summary>
    /// The name under which the benchmark starts itself anew to measure memory: a process that loaded weights before would reuse its own.
    /// </summary>
    public const string MemoryName = "load-memory";

    private const int WarmUp = 2;

    private const string WritePyTorch = """
        import json, struct, sys, torch
        source, target = sys.argv[1:]
        data = open(source, "rb").read()
        size = struct.unpack("<Q", data[:8])[0]
        types, state = {"F32": torch.float32, "I64": torch.int64}, {}
        for name, entry in json.loads(data[8:8 + size]).items():
            if name == "__metadata__": continue
            first, end = entry["data_offsets"]
            state[name] = torch.frombuffer(bytearray(data[8 + size + first:8 + size + end]), dtype=types[entry["dtype"]]).reshape(entry["shape"])
        torch.save(state, target + ".pth")
        torch.save(state, target + ".legacy.pth", _use_new_zipfile_serialization=False)
        """;

    public static async Task RunAsync(Options options)
    {
        var (network, rounds) = (options.Text("network", "resnet152"), options.Number("rounds", 9));
        ComputeThread.Configure(1);
        var folder = Directory.CreateTempSubdirectory("otx-load-").FullName;
        try
        {
            var safetensors = Path.Combine(folder, "weights.safetensors");
            using var model = Backbones.Get(network).Create(1000);
            model.Initialize(1);
            StateDict.Save(model, safetensors);
            List<(string Format, string Path)> files = [("safetensors", safetensors)];
            using (var python = Process.Start(new ProcessStartInfo(
                options.Text("python", "/usr/bin/python3"), ["-c", WritePyTorch, safetensors, Path.Combine(folder, "weights")]))!)
            {
                await python.WaitForExitAsync();
                if (python.ExitCode == 0)
                    files.AddRange([("pth", Path.Combine(folder, "weights.pth")), ("legacy pth", Path.Combine(folder, "weights.legacy.pth"))]);
                else Console.Error.WriteLine("PyTorch's formats are left out: python3-torch is not there.");
            }

            // The same memory serves every round, so that the copy is all that the plain way costs.
            var buffer = new byte[files.Max(file => new FileInfo(file.Path).Length)];
            foreach (var (format, path) in files)
            {
                List<double> ours = [], plain = [];
                for (var i = 0; i < WarmUp + rounds; i++)
                {
                    plain.Add(Seconds(() => ReadAndCopy(path, buffer, model)));
                    ours.Add(Seconds(() => Load(path, model)));
                }
                var bytes = new FileInfo(path).Length;
                var extra = await MeasureMemoryAsync(network, path);
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    benchmark = "load",
                    network,
                    format,
                    megabytes = Math.Round(bytes / 1e6, 1),
                    milliseconds = Math.Round(Median(ours) * 1e3, 1),
                    readAndCopyMilliseconds = Math.Round(Median(plain) * 1e3, 1),
                    ratio = Math.Round(Median(ours) / Median(plain), 3),
                    memoryRatio = Math.Round(extra / (double)bytes, 3),
                }));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Prints the most memory that this process held more while it made the network and loaded it, in bytes.</summary>
    public static Task RunMemoryAsync(Options options)
    {
        ComputeThread.Configure(1);
        // What a process needs anyway, and needs once: libtorch, the readers' code.
        using (zeros(1)) { }
        using (var empty = WeightFile.Open(options.Text("file", ""))) { }
        using var network = Backbones.Get("squeezenet1_1").Create(2);
        GC.Collect();
        var before = Status("VmRSS");
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak starts from here
        using var model = Backbones.Get(options.Text("network", "")).Create(1000);
        Load(options.Text("file", ""), model);
        Console.WriteLine(Status("VmHWM") - before);
        return Task.CompletedTask;
    }

    private static async Task<long> MeasureMemoryAsync(string network, string path)
    {
        using var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!, [MemoryName, "--network", network, "--file", path])
        { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return long.Parse(said, CultureInfo.InvariantCulture);
    }

    private static void Load(string path, Classifier model)
    {
        using var file = WeightFile.Open(path);
        StateDict.Load(model, file, new LoadOptions());
    }

    private static void ReadAndCopy(string path, byte[] buffer, Classifier model)
    {
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0))
            stream.ReadExactly(buffer.AsSpan(0, (int)stream.Length));
        var offset = 0;
        foreach (var tensor in model.state_dict().Values)
        {
            var bytes = tensor.bytes;
            buffer.AsSpan(offset, bytes.Length).CopyTo(bytes);
            offset += bytes.Length;
        }
    }

    private static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long Status(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line[(field.Length + 1)..^"kB".Length], CultureInfo.InvariantCulture) << 10;
    }

    private static double Median(IEnumerable<double> times)
    {
        var sorted = times.Skip(WarmUp).Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
