using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Host;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Soak;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// A run whose nodes are killed, frozen, told to stop and replaced for minutes. Options: <c>--changes 60 --nodes 3 --epochs 900 --seed 1</c>. One line of
/// JSON: recovery times by kind, steps, steps lost, memory of the node that stays. Exits by an exception if a step is missing, came twice, or the run
/// does not complete; the experiment itself fails if replicas end with different weights.
/// </summary>
internal static class SoakBenchmark
{
    public static async Task RunAsync(Options options)
    {
        int nodes = options.Number("nodes", 3), changes = options.Number("changes", 60), epochs = options.Number("epochs", 900);
        var folder = Path.Combine(Path.GetTempPath(), $"otx-soak-{Environment.ProcessId}");
        var others = new List<ISoakNode>();
        try
        {
            var (pictures, state) = (Path.Combine(folder, "pictures"), Path.Combine(folder, "state"));
            LeafDataset.WriteTarget(pictures, 24, 6, 7, 64);
            await using var first = await NodeHost.StartAsync(
                new() { Name = "s0", EphemeralPorts = true, Devices = "cpu:1", StateLocation = state, QuietLogs = true }, CancellationToken.None);
            for (var node = 1; node < nodes; node++) others.Add(await StartAsync($"n{node}"));

            var experiments = first.Services.GetRequiredService<IExperimentService>();
            var submitted = await experiments.SubmitAsync(
                new()
                {
                    Name = "soak",
                    Model = new() { Backbone = "squeezenet1_1", Weights = "none", InputSize = 64 },
                    Data = new() { Train = Path.Combine(pictures, "train"), Validation = Path.Combine(pictures, "test") },
                    Training = new() { Epochs = epochs, BatchSize = 12, Optimizer = new() { LearningRate = 1e-4 } },
                    Resources = new() { Workers = nodes },
                },
                CancellationToken.None);
            var soak = new NodeSoak(first.Http, submitted.Id, StartAsync, options.Number("seed", 1));
            while ((await soak.NowAsync()).GetProperty("step").GetInt64() < 5) await Task.Delay(50);

            var memory = new List<double>();
            var done = await soak.RunAsync(others, changes, change =>
            {
                memory.Add(Environment.WorkingSet / 1e6);
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{change.Kind} {change.Seconds:0.00} s, {memory[^1]:0} MB"));
            });
            var (steps, ended) = await FollowAsync(experiments, submitted.Id);
            if (!steps.SequenceEqual(Enumerable.Range(1, (int)submitted.TotalSteps).Select(step => (long)step)))
                throw new InvalidOperationException($"Of {submitted.TotalSteps} steps, {steps.Count} were reported, {steps.Distinct().Count()} different.");
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "soak",
                nodes,
                changes = done.Count,
                seconds = done.GroupBy(change => change.Kind).ToDictionary(group => group.Key, group => new
                {
                    count = group.Count(),
                    median = Math.Round(group.Select(change => change.Seconds).Order().ElementAt(group.Count() / 2), 2),
                    worst = Math.Round(group.Max(change => change.Seconds), 2),
                }),
                state = ended.State.ToString(),
                steps = steps.Count,
                ended.Generation,
                ended.StepsLost,
                firstNodeMegabytes = new { early = Math.Round(memory.Take(6).Average()), late = Math.Round(memory.TakeLast(6).Average()) },
            }));

            async Task<ISoakNode> StartAsync(string name) => await BenchmarkNode.StartAsync(name, first.Silo, state);
        }
        finally
        {
            foreach (var node in others) await node.DisposeAsync();
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(IReadOnlyList<long> Steps, ExperimentSnapshot Ended)> FollowAsync(IExperimentService experiments, string id)
    {
        var steps = new List<long>();
        await foreach (var e in experiments.ReadEventsAsync(id, 1, follow: true, CancellationToken.None))
            if (e.Kind == "step") steps.Add(e.Step);
        var ended = await experiments.FindAsync(id, CancellationToken.None);
        return ended.State == ExperimentState.Completed ? (steps, ended) : throw new InvalidOperationException($"{id} is {ended.State}: {ended.Reason}");
    }
}
