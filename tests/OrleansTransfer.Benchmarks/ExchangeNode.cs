using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Host;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Benchmarks;

/// <summary>One node of <see cref="ExchangeBenchmark"/>. The first prints what it measures; each begins with the address of its silo.</summary>
internal sealed class ExchangeNode(Options options, GroupSession session)
{
    private const string Experiment = "exchange-benchmark";

    // More calls than that a second would be a load of their own.
    private static readonly TimeSpan s_betweenCalls = TimeSpan.FromMilliseconds(5);

    private readonly int _nodes = options.Number("nodes", 2), _workers = options.Number("workers", 1);

    /// <summary>Joins the cluster, takes part in every exchange, and leaves.</summary>
    public static async Task RunAsync(Options options)
    {
        int self = options.Number("node", 0), nodes = options.Number("nodes", 2), workers = options.Number("workers", 1);
        var state = Path.Combine(Path.GetTempPath(), $"otx-benchmark-{Environment.ProcessId}");
        await using (var node = await NodeHost.StartAsync(
            new()
            {
                Name = $"b{self}",
                EphemeralPorts = true,
                // By an address that only leads to it, a node is taken to be on another machine.
                Listen = options.Text("lanes", "local") == "tcp" ? "0.0.0.0" : null,
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
            var own = new ExchangeNode(options, session);
            await (options.Number("probe", 0) is > 0 and var seconds ? own.ProbeAsync(grains, TimeSpan.FromSeconds(seconds)) : own.MeasureAsync());
            registry.Leave(key);

            // The first node keeps the membership: it stays until the others have said goodbye.
            await Task.Delay(self == 0 ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
        }
        if (Directory.Exists(state)) Directory.Delete(state, recursive: true);
    }

    private IEnumerable<(string Name, WireFormat Wire, double Megabytes)> Runs() =>
        from name in options.Text("wire", "float32,bf16").Split(',')
        from megabytes in options.Numbers("megabytes")
        select (name, name == "bf16" ? WireFormat.BFloat16 : WireFormat.Float32, megabytes);

    private async Task MeasureAsync() => await Task.WhenAll(OnEveryRank(rank =>
    {
        var sequence = 0L;
        foreach (var (name, wire, megabytes) in Runs())
        {
            using var memory = new Values(megabytes);
            Measure(rank, name, wire, megabytes, memory.Span, ref sequence);
        }
    }));

    private void Measure(int rank, string name, WireFormat wire, double megabytes, Span<float> values, ref long sequence)
    {
        var exchange = session.For(rank);
        var rounds = megabytes < 0.5 ? 200 : megabytes < 10 ? 30 : 12;
        var times = new List<double>();
        long allocated = 0;
        for (var round = -5; round < rounds; round++)
        {
            values.Fill(1);
            exchange.AllReduce(sequence++, values[..1], wire, CancellationToken.None);
            values.Fill(1);
            var (before, started) = (GC.GetTotalAllocatedBytes(), Stopwatch.GetTimestamp());
            exchange.AllReduce(sequence++, values, wire, CancellationToken.None);
            if (round < 0) continue;
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            allocated += GC.GetTotalAllocatedBytes() - before;
        }
        if (values.ContainsAnyExcept(session.WorldSize)) throw new InvalidOperationException("The sum is wrong.");
        if (rank != 0) return;
        times.Sort();
        var (median, bytes) = (times[times.Count / 2], (long)values.Length * sizeof(float));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "exchange",
            nodes = _nodes,
            workersPerNode = _workers,
            wire = name,
            megabytes,
            bytes,
            medianSeconds = median,
            p10Seconds = times[times.Count / 10],
            p90Seconds = times[times.Count * 9 / 10],
            algorithmGBps = Math.Round(bytes / median / 1e9, 4),
            allocatedPerByte = Math.Round((double)allocated / rounds / bytes, 4),
        }));
    }

    // Small calls from the first node to a grain that is pinned to the last one, first alone and then beside exchanges at full rate.
    private async Task ProbeAsync(IGrainFactory grains, TimeSpan time)
    {
        var grain = grains.GetGrain<IWorkerGrain>(new WorkerAddress($"b{_nodes - 1}", "cpu:0").ToString());
        var sequence = 0L;
        foreach (var (name, wire, megabytes) in Runs())
        {
            // The first node says when it ends, within the values: every rank sees that in the same exchange.
            var idle = session.FirstRank > 0 ? [] : await CallAsync(grain, time);
            var first = sequence;
            var ending = false;
            var exchanging = Task.WhenAll(OnEveryRank(rank =>
            {
                using var memory = new Values(megabytes);
                var own = first;
                do
                {
                    memory.Span.Clear();
                    if (rank == 0 && Volatile.Read(ref ending)) memory.Span[0] = 1;
                    session.For(rank).AllReduce(own++, memory.Span, wire, CancellationToken.None);
                }
                while (memory.Span[0] == 0);
                if (rank == session.FirstRank) sequence = own;
            }));
            if (session.FirstRank > 0)
            {
                await exchanging;
                continue;
            }
            var started = Stopwatch.GetTimestamp();
            var busy = await CallAsync(grain, time);
            Volatile.Write(ref ending, true);
            await exchanging;
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "exchange-probe",
                nodes = _nodes,
                workersPerNode = _workers,
                wire = name,
                megabytes,
                algorithmGBps = Math.Round((sequence - first) * megabytes / 1e3 / seconds, 4),
                calls = busy.Count,
                idleMedianSeconds = idle[idle.Count / 2],
                idleP99Seconds = idle[idle.Count * 99 / 100],
                medianSeconds = busy[busy.Count / 2],
                p99Seconds = busy[busy.Count * 99 / 100],
                maximumSeconds = busy[^1],
            }));
        }
    }

    // Latencies in seconds, in rising order.
    private static async Task<List<double>> CallAsync(IWorkerGrain grain, TimeSpan time)
    {
        List<double> latencies = [];
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < time;)
        {
            var started = Stopwatch.GetTimestamp();
            await grain.Stop(Experiment, attempt: 0, "a call that changes nothing");
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            await Task.Delay(s_betweenCalls);
        }
        latencies.Sort();
        return latencies;
    }

    private IEnumerable<Task> OnEveryRank(Action<int> work) => Enumerable.Range(session.FirstRank, _workers)
        .Select(rank => Task.Factory.StartNew(() => work(rank), TaskCreationOptions.LongRunning)).ToList();

    // Native memory, like a replica's gradients.
    private sealed unsafe class Values(double megabytes) : IDisposable
    {
        private readonly int _length = (int)Math.Max(1, megabytes * 1e6 / sizeof(float));
        private readonly float* _memory = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, megabytes * 1e6 / sizeof(float)) * sizeof(float), 64);

        public Span<float> Span => new(_memory, _length);

        public void Dispose() => NativeMemory.AlignedFree(_memory);
    }
}
