using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Host;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Time of one all-reduce, by size, between real node processes on loopback, and then of PyTorch's over Gloo (Debian's python3-torch, where that is
/// installed). Options: <c>--nodes 2 --megabytes 0.001,1,4,25,100 --workers 1 --rounds 1 --python /usr/bin/python3</c> (workers of each node; rounds
/// of both). One line of JSON per size; bandwidth is bytes of one replica's values over the median time.
/// </summary>
internal static class ExchangeBenchmark
{
    /// <summary>The benchmark's own word for starting one of its nodes.</summary>
    public const string NodeName = "exchange-node";

    private const string Experiment = "exchange-benchmark";

    private const string Sizes = "0.001,1,4,25,100";

    /// <summary>Starts the nodes as processes of their own, passes on what the first one prints, and compares with the peer.</summary>
    public static async Task RunAsync(Options options)
    {
        var sizes = options.Text("megabytes", Sizes).Split(',');
        for (var round = 0; round < options.Number("rounds", 1); round++)
        {
            var ours = await MeasureNodesAsync(options);
            var theirs = await MeasurePeerAsync(options, sizes);
            foreach (var ((size, our), their) in sizes.Zip(ours).Zip(theirs))
            {
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    benchmark = "exchange",
                    nodes = options.Number("nodes", 2),
                    megabytes = double.Parse(size, CultureInfo.InvariantCulture),
                    medianSeconds = our,
                    glooSeconds = their,
                    ratio = Math.Round(their / our, 3),
                }));
            }
        }
    }

    private static async Task<IReadOnlyList<double>> MeasureNodesAsync(Options options)
    {
        List<double> medians = [];
        var nodes = options.Number("nodes", 2);
        var processes = new List<Process>();
        try
        {
            string? join = null;
            for (var node = 0; node < nodes; node++)
            {
                var process = Start(
                    [NodeName, "--node", $"{node}", "--nodes", $"{nodes}", "--workers", options.Text("workers", "1"), "--join", join ?? "-",
                     "--megabytes", options.Text("megabytes", Sizes)]);
                processes.Add(process);
                var silo = await process.StandardOutput.ReadLineAsync()
                    ?? throw new InvalidOperationException($"Node {node} ended before it was ready.");
                join ??= silo;
            }
            while (await processes[0].StandardOutput.ReadLineAsync() is { } line)
            {
                Console.WriteLine(line);
                using var json = JsonDocument.Parse(line);
                medians.Add(json.RootElement.GetProperty("medianSeconds").GetDouble());
            }
            return medians;
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

    // Without the allocator's settings of this process: the peer runs as its users run it.
    private static async Task<IReadOnlyList<double>> MeasurePeerAsync(Options options, IReadOnlyList<string> sizes)
    {
        var start = new ProcessStartInfo(
            options.Text("python", "/usr/bin/python3"),
            [Path.Combine(AppContext.BaseDirectory, "peer_allreduce.py"), $"{options.Number("nodes", 2)}", .. sizes]) { RedirectStandardOutput = true };
        start.Environment.Remove("GLIBC_TUNABLES");
        using var peer = Process.Start(start)!;
        List<double> medians = [];
        while (await peer.StandardOutput.ReadLineAsync() is { } line) medians.Add(double.Parse(line, CultureInfo.InvariantCulture));
        await peer.WaitForExitAsync();
        if (peer.ExitCode != 0) Console.Error.WriteLine("Gloo is left out: python3-torch is not there.");
        return medians;
    }

    /// <summary>One node: joins the cluster and takes part in every exchange.</summary>
    public static async Task RunNodeAsync(Options options)
    {
        int self = options.Number("node", 0), nodes = options.Number("nodes", 2), workers = options.Number("workers", 1);
        var state = Path.Combine(Path.GetTempPath(), $"otx-benchmark-{Environment.ProcessId}");
        await using (var node = await NodeHost.StartAsync(
            new()
            {
                Name = $"b{self}",
                EphemeralPorts = true,
                Join = options.Text("join", "-") is var join && join != "-" ? join : null,
                Devices = $"cpu:{workers}",
                StateLocation = state,
                QuietLogs = true,
            },
            CancellationToken.None))
        {
            Console.WriteLine(node.Silo);
            var grains = node.Services.GetRequiredService<IGrainFactory>();
            while ((await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).GetStatus()).Nodes.Count < nodes) await Task.Delay(100);
            var registry = node.Services.GetRequiredService<GroupRegistry>();
            var key = new GroupKey(Experiment, 1);
            var lanes = node.Services.GetRequiredService<LaneOpener>();
            var session = registry.Join(key, () => new(
                key, self * workers, workers, nodes * workers, lanes.Open(key, [.. Enumerable.Range(0, nodes).Select(other => $"b{other}")], self),
                new()));
            var threads = Enumerable.Range(0, workers).Select(worker => Task.Factory.StartNew(
                () => Measure(session, self * workers + worker, options.Numbers("megabytes"), nodes, workers), TaskCreationOptions.LongRunning));
            await Task.WhenAll(threads);
            registry.Leave(key);

            // The first node keeps the membership: it stays until the others have said goodbye.
            await Task.Delay(self == 0 ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
        }
        if (Directory.Exists(state)) Directory.Delete(state, recursive: true);
    }

    private static unsafe void Measure(GroupSession session, int rank, IReadOnlyList<double> sizes, int nodes, int workers)
    {
        var exchange = session.For(rank);
        var sequence = 0L;
        foreach (var megabytes in sizes)
        {
            var length = (int)Math.Max(1, megabytes * 1e6 / sizeof(float));
            var memory = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
            try
            {
                var values = new Span<float>(memory, length);
                var rounds = megabytes < 0.5 ? 200 : megabytes < 10 ? 30 : 12;
                var times = new List<double>();
                long allocated = 0;
                for (var round = -5; round < rounds; round++)
                {
                    values.Fill(1);
                    exchange.AllReduce(sequence++, values[..1], WireFormat.Float32, CancellationToken.None);
                    values.Fill(1);
                    var (before, started) = (GC.GetTotalAllocatedBytes(), Stopwatch.GetTimestamp());
                    exchange.AllReduce(sequence++, values, WireFormat.Float32, CancellationToken.None);
                    if (round < 0) continue;
                    times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                    allocated += GC.GetTotalAllocatedBytes() - before;
                }
                if (values.ContainsAnyExcept(nodes * workers)) throw new InvalidOperationException("The sum is wrong.");
                if (rank != 0) continue;
                times.Sort();
                var median = times[times.Count / 2];
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    benchmark = "exchange",
                    nodes,
                    workersPerNode = workers,
                    megabytes,
                    bytes = (long)length * sizeof(float),
                    medianSeconds = median,
                    p10Seconds = times[times.Count / 10],
                    p90Seconds = times[times.Count * 9 / 10],
                    algorithmGBps = Math.Round(length * (double)sizeof(float) / median / 1e9, 4),
                    allocatedPerByte = Math.Round((double)allocated / rounds / ((double)length * sizeof(float)), 4),
                }));
            }
            finally
            {
                NativeMemory.AlignedFree(memory);
            }
        }
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
