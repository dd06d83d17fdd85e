using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Gateway;
using OrleansTransfer.Learning.Drawing;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Training throughput on one and two node processes with one compute thread each, and that of PyTorch's DistributedDataParallel over Gloo (Debian's
/// python3-torch and python3-torchvision, where they are installed), as it comes and with glibc's thresholds raised. Options: <c>--network resnet18
/// --size 64 --batch 16</c> (per worker) <c>--warm-up 15 --steps 30 --rounds 3 --wire fp32 --bucket 25 --lanes local --python /usr/bin/python3</c>
/// (<c>--lanes tcp</c> as between machines). A line of JSON for each round, and one of the medians of what rounds compare: machines change their
/// speed from minute to minute. A step is the mean of <c>steps</c> after <c>warm-up</c> (the peer's: 5): ours from waiting for decoded pictures to
/// the updated weights, with decoding and augmentation beside it; the peer's pictures never change. <c>hiddenShare</c> is the part of the exchange
/// that ran under the backward pass, <c>processorSeconds</c> what a step takes of all cores, per worker. <c>apart</c> is the machine's own limit: two
/// runs of one worker at the same time that exchange nothing, beside one run that has the machine to itself.
/// </summary>
internal static class ThroughputBenchmark
{
    // Freed memory stays with the process: the part of our own programs' settings that speeds PyTorch up.
    private const string TunedAllocator = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592";

    private static readonly int[] s_workers = [1, 2];

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);

    public static async Task RunAsync(Options options)
    {
        string network = options.Text("network", "resnet18"), wire = options.Text("wire", "fp32"), lanes = options.Text("lanes", "local");
        int size = options.Number("size", 64), batch = options.Number("batch", 16);
        int warmUp = options.Number("warm-up", 15), steps = options.Number("steps", 30);
        var bucket = options.Numbers("bucket", new ExchangeRecipe().BucketMegabytes)[0];
        List<Round> rounds = [];
        for (var round = 0; round < options.Number("rounds", 3); round++)
        {
            var ours = new Dictionary<int, Measured>();
            foreach (var workers in s_workers) ours[workers] = await MeasureAsync(network, size, batch, warmUp, steps, workers, wire, bucket, lanes);
            var apart = await Task.WhenAll(s_workers.Select(_ => MeasureAsync(network, size, batch, warmUp, steps, 1, wire, bucket, lanes)));
            var stock = await MeasurePeerAsync(options, network, size, batch, steps, null);
            var tuned = await MeasurePeerAsync(options, network, size, batch, steps, TunedAllocator);
            rounds.Add(new(
                ours[1].Step / ours[2].Step, apart.Average(run => ours[1].Step / run.Step),
                stock?[1] / stock?[2], stock?[2] / ours[2].Step, tuned?[1] / tuned?[2], tuned?[2] / ours[2].Step));
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "throughput",
                network,
                size,
                batchPerWorker = batch,
                wire,
                lanes,
                bucketMegabytes = bucket,
                samplesPerSecond = ours.ToDictionary(pair => pair.Key, pair => Math.Round(pair.Key * batch / pair.Value.Step, 2)),
                scalingEfficiency = Math.Round(rounds[^1].Efficiency, 4),
                phases = ours.ToDictionary(pair => pair.Key, pair => pair.Value.Phases),
                processorSeconds = ours.ToDictionary(pair => pair.Key, pair => Math.Round(pair.Value.ProcessorSeconds, 4)),
                hiddenShare = Math.Round(ours[2].HiddenShare, 3),
                apart = new
                {
                    samplesPerSecond = Math.Round(apart.Sum(run => batch / run.Step), 2),
                    scalingEfficiency = Math.Round(rounds[^1].Apart, 4),
                },
                ddp = Peer(stock, rounds[^1].DdpEfficiency, rounds[^1].OverDdp),
                ddpTuned = Peer(tuned, rounds[^1].TunedEfficiency, rounds[^1].OverTuned),
            }));

            object? Peer(Dictionary<int, double>? seconds, double? efficiency, double? ratioAtTwo) => seconds is null ? null : new
            {
                samplesPerSecond = seconds.ToDictionary(pair => pair.Key, pair => Math.Round(pair.Key * batch / pair.Value, 2)),
                scalingEfficiency = Rounded(efficiency),
                ratioAtTwo = Rounded(ratioAtTwo),
            };
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "throughput",
            network,
            size,
            batchPerWorker = batch,
            medianOfRounds = rounds.Count,
            scalingEfficiency = Median(round => round.Efficiency),
            apart = Median(round => round.Apart),
            ddpScalingEfficiency = Median(round => round.DdpEfficiency),
            ratioToDdp = Median(round => round.OverDdp),
            ddpTunedScalingEfficiency = Median(round => round.TunedEfficiency),
            ratioToDdpTuned = Median(round => round.OverTuned),
        }));

        double? Median(Func<Round, double?> figure)
        {
            var sorted = rounds.Select(figure).Order().ToList();
            return Rounded((sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2);
        }

        static double? Rounded(double? value) => value is { } known ? Math.Round(known, 4) : null;
    }

    private static async Task<Measured> MeasureAsync(
        string network, int size, int batch, int warmUp, int steps, int workers, string wire, double bucket, string lanes)
    {
        var folder = Directory.CreateTempSubdirectory("otx-benchmark-").FullName;
        var nodes = new List<BenchmarkNode>();
        try
        {
            // One epoch, so that no evaluation or end-of-epoch checkpoint falls between the steps; as many pictures as its steps take.
            string pictures = Path.Combine(folder, "pictures"), state = Path.Combine(folder, "state");
            LeafDataset.WriteTarget(pictures, (steps + warmUp) * batch * workers / 2, 8, 1, size);
            for (var node = 0; node < workers; node++)
            {
                var first = nodes.FirstOrDefault()?.Silo;
                nodes.Add(await BenchmarkNode.StartAsync($"n{node}", first, state, cores: 1, compilesOnce: true, lanes: lanes));
            }

            using var http = new HttpClient { BaseAddress = new(nodes[0].Http), Timeout = TimeSpan.FromMinutes(1) };
            // Each node tells the scheduler what it offers within a second of being ready.
            while ((await http.GetFromJsonAsync<JsonElement>("/api/v1/cluster")).GetProperty("nodes").GetArrayLength() < workers)
                await Task.Delay(100);
            var submitted = await SubmitAsync(http, new()
            {
                Name = $"throughput-{workers}",
                Model = new() { Backbone = network, Weights = "none", InputSize = size },
                Data = new() { Train = Path.Combine(pictures, "train"), Validation = Path.Combine(pictures, "test"), Augment = "flip" },
                Transfer = new() { BatchNorm = "trainable" },
                Training = new() { Epochs = 1, BatchSize = batch * workers, Optimizer = new() { Type = "sgd" } },
                Resources = new() { Workers = workers },
                Exchange = new() { Wire = wire, BucketMegabytes = bucket },
            });
            await UntilAsync(http, submitted.Id, now => now.Step >= warmUp);
            var before = await ReadAsync(nodes);
            // Before the evaluation and the bundle, which take processor time but belong to no step.
            await UntilAsync(http, submitted.Id, now => now.Step >= warmUp + steps - 2 || now.State == ExperimentState.Completed);
            var measured = (await ReadAsync(nodes)).Since(before);
            await UntilAsync(http, submitted.Id, now => now.State == ExperimentState.Completed);
            return measured;
        }
        finally
        {
            foreach (var node in nodes) await node.DisposeAsync();
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ExperimentSnapshot> SubmitAsync(HttpClient http, Recipe recipe)
    {
        var answer = await http.PostAsJsonAsync("/api/v1/experiments", recipe, ApiJson.Options);
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<ExperimentSnapshot>(ApiJson.Options))!
            : throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }

    private static async Task UntilAsync(HttpClient http, string id, Func<ExperimentSnapshot, bool> reached)
    {
        var started = Stopwatch.GetTimestamp();
        while (await http.GetFromJsonAsync<ExperimentSnapshot>($"/api/v1/experiments/{id}", ApiJson.Options) is { } now && !reached(now))
        {
            if (now.State is ExperimentState.Failed or ExperimentState.Cancelled)
                throw new InvalidOperationException($"{now.Id} is {now.State}: {now.Reason}");
            if (Stopwatch.GetElapsedTime(started) > s_limit) throw new TimeoutException($"{now.Id} stands at step {now.Step} after {s_limit}.");
            // Seldom: answering takes the time of the node that is measured.
            await Task.Delay(500);
        }
    }

    // Sums over the nodes, each of which holds one replica.
    private static async Task<Counters> ReadAsync(IReadOnlyList<BenchmarkNode> nodes)
    {
        var seconds = new Dictionary<string, double>();
        double count = 0, hidden = 0, processor = 0;
        using var http = new HttpClient();
        foreach (var node in nodes)
        {
            processor += node.ProcessorSeconds;
            foreach (var line in (await http.GetStringAsync(node.Http + "/metrics")).Split('\n'))
            {
                var value = line.Length > 0 && line[0] != '#' ? double.Parse(line.Split("} ")[^1].Split(' ')[^1], CultureInfo.InvariantCulture) : 0;
                if (line.StartsWith("orleanstransfer_exchange_hidden_seconds_total", StringComparison.Ordinal)) hidden += value;
                if (!line.StartsWith("orleanstransfer_step_phase_seconds_", StringComparison.Ordinal)) continue;
                var phase = line.Split("phase=\"")[^1].Split('"')[0];
                if (line.Contains("seconds_sum{", StringComparison.Ordinal)) seconds[phase] = seconds.GetValueOrDefault(phase) + value;
                if (phase == "forward" && line.Contains("seconds_count{", StringComparison.Ordinal)) count += value;
            }
        }
        return new(seconds, hidden, processor, count);
    }

    // Mean seconds of a step by number of ranks; null where the peer is not installed.
    private static async Task<Dictionary<int, double>?> MeasurePeerAsync(
        Options options, string network, int size, int batch, int steps, string? allocator)
    {
        var means = new Dictionary<int, double>();
        foreach (var ranks in s_workers)
        {
            var start = new ProcessStartInfo(
                options.Text("python", "/usr/bin/python3"),
                [Path.Combine(AppContext.BaseDirectory, "peer_ddp.py"), network, $"{size}", $"{batch}", $"{steps}", $"{ranks}"])
            { RedirectStandardOutput = true };
            start.Environment.Remove("GLIBC_TUNABLES");
            if (allocator is not null) start.Environment["GLIBC_TUNABLES"] = allocator;
            using var peer = Process.Start(start)!;
            var printed = await peer.StandardOutput.ReadToEndAsync();
            await peer.WaitForExitAsync();
            if (peer.ExitCode != 0)
            {
                await Console.Error.WriteLineAsync("DistributedDataParallel is left out: python3-torch and python3-torchvision are not there.");
                return null;
            }
            means[ranks] = double.Parse(printed, CultureInfo.InvariantCulture);
        }
        return means;
    }

    // Of a round: efficiencies of two workers beside one, and our samples per second at two workers over a peer's.
    private sealed record Round(
        double Efficiency, double Apart, double? DdpEfficiency, double? OverDdp, double? TunedEfficiency, double? OverTuned);

    /// <param name="Step">Mean seconds of one step.</param>
    /// <param name="Phases">Mean seconds of one step by phase.</param>
    /// <param name="HiddenShare">Share of the exchange's time that replicas did not wait for.</param>
    /// <param name="ProcessorSeconds">Of all threads, for one worker's step.</param>
    private sealed record Measured(double Step, IReadOnlyDictionary<string, double> Phases, double HiddenShare, double ProcessorSeconds);

    private sealed record Counters(Dictionary<string, double> Seconds, double Hidden, double Processor, double Count)
    {
        public Measured Since(Counters before)
        {
            var steps = Count - before.Count;
            var phases = Seconds.ToDictionary(
                pair => pair.Key, pair => Math.Round((pair.Value - before.Seconds.GetValueOrDefault(pair.Key)) / steps, 5));
            var hidden = (Hidden - before.Hidden) / steps;
            return new(
                phases.Values.Sum(),
                phases,
                hidden + phases["exchange"] > 0 ? hidden / (hidden + phases["exchange"]) : 0,
                (Processor - before.Processor) / steps);
        }
    }
}
