using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Time of one all-reduce, by wire format and size, between real node processes on loopback, and of PyTorch's over Gloo with as many ranks (Debian's
/// python3-torch, where that is installed). Options: <c>--nodes 2 --workers 1 --wire float32,bf16 --megabytes 0.001,1,4,25,100 --rounds 1 --lanes
/// local --python /usr/bin/python3</c>; <c>--lanes tcp</c> has them exchange as nodes of several machines do; <c>--workers 1,2,4</c> measures one
/// after the other that many workers in each node. Sizes are those of one replica's float32 values. A line of JSON each; bandwidth is bytes of those
/// values over the median time, whatever travels; the ratio is Gloo's median time over ours, above 1 where ours is faster. After several rounds come
/// the medians of their ratios. With <c>--probe SECONDS</c> the nodes exchange without pause for so long, by format, and the latency of small grain
/// calls between them meanwhile is printed instead.
/// </summary>
internal static class ExchangeBenchmark
{
    /// <summary>The benchmark's own word for starting one of its nodes.</summary>
    public const string NodeName = "exchange-node";

    private const string Sizes = "0.001,1,4,25,100";

    /// <summary>Starts the nodes as processes of their own, and the peer, and prints what they measured.</summary>
    public static async Task RunAsync(Options options)
    {
        var probes = options.Number("probe", 0) > 0;
        var sizes = options.Text("megabytes", probes ? "25" : Sizes);
        var rounds = options.Number("rounds", 1);
        List<(double Workers, string Wire, double Megabytes, double Ratio)> compared = [];
        for (var round = 0; round < rounds; round++)
        {
            foreach (var workers in options.Numbers("workers", 1))
            {
                var ours = await MeasureNodesAsync(options, (int)workers, sizes);
                var theirs = probes ? new() : await MeasurePeerAsync(options, options.Number("nodes", 2) * (int)workers, sizes);
                foreach (var our in ours)
                {
                    if (theirs.TryGetValue((double)our["megabytes"]!, out var gloo))
                    {
                        our["glooMedianSeconds"] = gloo;
                        our["ratioToGloo"] = Math.Round(gloo / (double)our["medianSeconds"]!, 3);
                        compared.Add((workers, (string)our["wire"]!, (double)our["megabytes"]!, (double)our["ratioToGloo"]!));
                    }
                    Console.WriteLine(our.ToJsonString());
                }
            }
        }
        if (rounds == 1) return;
        foreach (var same in compared.GroupBy(one => (one.Workers, one.Wire, one.Megabytes)))
        {
            double[] ratios = [.. same.Select(one => one.Ratio).Order()];
            Console.WriteLine(new JsonObject
            {
                ["benchmark"] = "exchange",
                ["workersPerNode"] = same.Key.Workers,
                ["wire"] = same.Key.Wire,
                ["megabytes"] = same.Key.Megabytes,
                ["medianOfRounds"] = ratios.Length,
                ["ratioToGloo"] = Math.Round((ratios[(ratios.Length - 1) / 2] + ratios[ratios.Length / 2]) / 2, 3),
            }.ToJsonString());
        }
    }

    /// <summary>One node: joins the cluster and takes part in every exchange.</summary>
    public static Task RunNodeAsync(Options options) => ExchangeNode.RunAsync(options);

    private static async Task<IReadOnlyList<JsonObject>> MeasureNodesAsync(Options options, int workers, string sizes)
    {
        List<JsonObject> measured = [];
        var nodes = options.Number("nodes", 2);
        var processes = new List<Process>();
        try
        {
            string? join = null;
            for (var node = 0; node < nodes; node++)
            {
                var process = Start(
                    [NodeName, "--node", $"{node}", "--nodes", $"{nodes}", "--workers", $"{workers}", "--join", join ?? "-", "--megabytes", sizes,
                     "--wire", options.Text("wire", "float32,bf16"), "--probe", options.Text("probe", "0"),
                     "--lanes", options.Text("lanes", "local")]);
                processes.Add(process);
                var silo = await process.StandardOutput.ReadLineAsync()
                    ?? throw new InvalidOperationException($"Node {node} ended before it was ready.");
                join ??= silo;
            }
            while (await processes[0].StandardOutput.ReadLineAsync() is { } line) measured.Add(JsonNode.Parse(line)!.AsObject());
            return measured;
        }
        finally
        {
            foreach (var process in processes)
            {
                if (!process.WaitForExit(TimeSpan.FromSeconds(10))) process.Kill();
                process.Dispose();
            }
        }
    }

    // Median seconds by megabytes. Without the allocator's settings of this process: the peer runs as its users run it.
    private static async Task<Dictionary<double, double>> MeasurePeerAsync(Options options, int ranks, string sizes)
    {
        var start = new ProcessStartInfo(
            options.Text("python", "/usr/bin/python3"),
            [Path.Combine(AppContext.BaseDirectory, "peer_allreduce.py"), $"{ranks}", .. sizes.Split(',')])
        { RedirectStandardOutput = true };
        start.Environment.Remove("GLIBC_TUNABLES");
        using var peer = Process.Start(start)!;
        var medians = new Dictionary<double, double>();
        while (await peer.StandardOutput.ReadLineAsync() is { } line)
        {
            var columns = line.Split(' ');
            medians[double.Parse(columns[0], CultureInfo.InvariantCulture)] = double.Parse(columns[1], CultureInfo.InvariantCulture);
        }
        await peer.WaitForExitAsync();
        if (peer.ExitCode != 0) await Console.Error.WriteLineAsync("Gloo is left out: python3-torch is not there.");
        return medians;
    }

    private static Process Start(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ExchangeBenchmark).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
