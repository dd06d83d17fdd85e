using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Host;
using OrleansTransfer.Learning.Drawing;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Training throughput of whole experiments at 1 and more workers, each with one compute thread: data, steps, exchange, checkpoints and all. Options:
/// <c>--workers 1,2 --network resnet18 --size 64 --batch 16</c> (per worker) <c>--pictures 480 --epochs 2</c>. One line of JSON.
/// </summary>
internal static class ThroughputBenchmark
{
    public static async Task RunAsync(Options options)
    {
        var counts = options.Numbers("workers", 1, 2).Select(count => (int)count).ToList();
        int size = options.Number("size", 64), batch = options.Number("batch", 16);
        var folder = Path.Combine(Path.GetTempPath(), $"otx-benchmark-{Environment.ProcessId}");
        try
        {
            var pictures = Path.Combine(folder, "pictures");
            LeafDataset.WriteTarget(pictures, options.Number("pictures", 480) / 2, 8, 1, size);
            var rates = new Dictionary<string, double>();
            foreach (var workers in counts)
            {
                // A node with as many devices as cores gives each device one compute thread.
                await using var node = await NodeHost.StartAsync(
                    new()
                    {
                        EphemeralPorts = true,
                        Devices = $"cpu:{Math.Max(Environment.ProcessorCount, counts.Max())}",
                        StateLocation = Path.Combine(folder, $"state-{workers}"),
                        QuietLogs = true,
                    },
                    CancellationToken.None);
                var snapshot = await TrainAsync(node.Services.GetRequiredService<IExperimentService>(), new()
                {
                    Name = $"throughput-{workers}",
                    Model = new() { Backbone = options.Text("network", "resnet18"), Weights = "none", InputSize = size },
                    Data = new() { Train = Path.Combine(pictures, "train"), Validation = Path.Combine(pictures, "test"), Augment = "flip" },
                    Transfer = new() { BatchNorm = "trainable" },
                    Training = new() { Epochs = options.Number("epochs", 2), BatchSize = batch * workers, Optimizer = new() { Type = "sgd" } },
                    Resources = new() { Workers = workers },
                });
                rates[workers.ToString(System.Globalization.CultureInfo.InvariantCulture)] = Math.Round(snapshot.SamplesPerSecond, 2);
            }
            var (first, last) = (counts[0], counts[^1]);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "throughput",
                network = options.Text("network", "resnet18"),
                size,
                batchPerWorker = batch,
                samplesPerSecond = rates,
                scalingEfficiency = Math.Round(rates.Values.Last() / rates.Values.First() * first / last, 4),
            }));
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ExperimentSnapshot> TrainAsync(IExperimentService experiments, Recipe recipe)
    {
        var submitted = await experiments.SubmitAsync(recipe, CancellationToken.None);
        await foreach (var e in experiments.ReadEventsAsync(submitted.Id, 1, follow: true, CancellationToken.None))
            if (e.Kind == "epoch") Console.Error.WriteLine($"{submitted.Id}: epoch {e.Epoch}");
        var ended = await experiments.FindAsync(submitted.Id, CancellationToken.None);
        return ended.State == ExperimentState.Completed ? ended : throw new InvalidOperationException($"{ended.Id} is {ended.State}: {ended.Reason}");
    }
}
