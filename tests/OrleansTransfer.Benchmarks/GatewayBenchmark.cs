using System.ComponentModel;
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
/// What a node costs and serves: seconds from its process's start until it is ready; memory when idle, libtorch loaded; time of <c>/metrics</c> while
/// it trains, the first apart; memory of followers of one run; requests for an experiment's state per second, by wrk. Options: <c>--starts 5
/// --scrapes 200 --followers 500 --connections 16 --seconds 15</c>. One line of JSON.
/// </summary>
internal static class GatewayBenchmark
{
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5), s_follow = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(Options options)
    {
        var folder = Directory.CreateTempSubdirectory("otx-gateway-").FullName;
        try
        {
            var pictures = Path.Combine(folder, "pictures");
            LeafDataset.WriteTarget(pictures, 24, 6, 7, 64);
            var starts = new List<double>();
            for (var start = 0; start < options.Number("starts", 5); start++)
            {
                var started = Stopwatch.GetTimestamp();
                await using var once = await BenchmarkNode.StartAsync("n1", null, Path.Combine(folder, $"start-{start}"));
                starts.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            }

            await using var node = await BenchmarkNode.StartAsync("n1", null, Path.Combine(folder, "state"), devices: "-");
            await Task.Delay(s_settle);
            var (idle, torch) = (node.ResidentMegabytes, node.HasLoaded("libtorch"));
            using var http = new HttpClient { BaseAddress = new Uri(node.Http), Timeout = TimeSpan.FromMinutes(1) };
            var running = await SubmitAsync(http, pictures, epochs: 100_000);
            await StepAsync(http, running);
            var scrapes = await ScrapeAsync(http, options.Number("scrapes", 200));
            var followers = await FollowAsync(node, running, options.Number("followers", 500));
            await EndAsync(http, running);
            var load = await LoadAsync(
                $"{node.Http}/api/v1/experiments/{running}", options.Number("connections", 16), options.Number("seconds", 15));
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "gateway",
                readySeconds = Figures(starts),
                idleMegabytes = Math.Round(idle),
                libtorchLoaded = torch,
                firstMetricsMilliseconds = Math.Round(scrapes[0], 2),
                metricsMilliseconds = Figures(scrapes[1..]),
                followers,
                load,
            }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> SubmitAsync(HttpClient http, string pictures, int epochs)
    {
        var recipe = new Recipe
        {
            Name = "gateway",
            Model = new() { Backbone = "squeezenet1_1", Weights = "none", InputSize = 64 },
            Data = new() { Train = Path.Combine(pictures, "train"), Validation = Path.Combine(pictures, "test") },
            Training = new() { Epochs = epochs, BatchSize = 12, Optimizer = new() { LearningRate = 1e-4 } },
            Resources = new() { Workers = 1 },
        };
        using var answer = await http.PostAsJsonAsync("/api/v1/experiments", recipe, ApiJson.Options);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<ExperimentSnapshot>(ApiJson.Options))!.Id;
    }

    private static async Task StepAsync(HttpClient http, string id)
    {
        while ((await http.GetFromJsonAsync<ExperimentSnapshot>($"/api/v1/experiments/{id}", ApiJson.Options))!.Step < 5) await Task.Delay(100);
    }

    private static async Task EndAsync(HttpClient http, string id)
    {
        using var answer = await http.PostAsync($"/api/v1/experiments/{id}/cancel", null);
        answer.EnsureSuccessStatusCode();
        await Task.Delay(s_settle);
    }

    private static async Task<List<double>> ScrapeAsync(HttpClient http, int scrapes)
    {
        var taken = new List<double>();
        for (var scrape = 0; scrape < scrapes; scrape++)
        {
            var started = Stopwatch.GetTimestamp();
            await http.GetStringAsync("/metrics");
            taken.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(25);
        }

        return taken;
    }

    private static async Task<object> FollowAsync(BenchmarkNode node, string id, int count)
    {
        var before = node.ResidentMegabytes;
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = count }) { Timeout = Timeout.InfiniteTimeSpan };
        using var end = new CancellationTokenSource();
        var events = new int[count];
        var follow = Enumerable.Range(0, count).Select(async follower =>
        {
            try
            {
                using var stream = new StreamReader(await http.GetStreamAsync($"{node.Http}/api/v1/experiments/{id}/events?follow=true", end.Token));
                while (await stream.ReadLineAsync(end.Token) is { } line)
                    if (line.StartsWith("data:", StringComparison.Ordinal)) events[follower]++;
            }
            catch (OperationCanceledException)
            {
                // It has followed for long enough.
            }
        }).ToList();
        var most = 0.0;
        for (var watched = Stopwatch.StartNew(); watched.Elapsed < s_follow; await Task.Delay(200)) most = Math.Max(most, node.ResidentMegabytes);
        await end.CancelAsync();
        await Task.WhenAll(follow);
        return new
        {
            count,
            megabytesBefore = Math.Round(before),
            megabytesMore = Math.Round(most - before),
            eventsEach = new { least = events.Min(), most = events.Max() },
        };
    }

    private static async Task<object> LoadAsync(string address, int connections, int seconds)
    {
        // Code that runs for the first time is no measure of a node that serves.
        await WrkAsync(address, connections, 3);
        var said = await WrkAsync(address, connections, seconds);
        return said is null
            ? new { missing = "wrk (a Debian package)" }
            : new
            {
                connections,
                requestsPerSecond = double.Parse(After(said, "Requests/sec:"), CultureInfo.InvariantCulture),
                p50 = After(said, " 50%"),
                p99 = After(said, " 99%"),
                errors = said.Contains("Non-2xx", StringComparison.Ordinal) || said.Contains("Socket errors", StringComparison.Ordinal),
            };
    }

    private static async Task<string?> WrkAsync(string address, int connections, int seconds)
    {
        var start = new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", address]) { RedirectStandardOutput = true };
        try
        {
            using var wrk = Process.Start(start)!;
            var said = await wrk.StandardOutput.ReadToEndAsync();
            await wrk.WaitForExitAsync();
            return said;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static string After(string text, string label)
    {
        var rest = text[(text.IndexOf(label, StringComparison.Ordinal) + label.Length)..].TrimStart();
        return rest.Split((char[])[' ', '\n'])[0];
    }

    private static object Figures(List<double> values)
    {
        values.Sort();
        return new
        {
            median = Math.Round(values[values.Count / 2], 2),
            p99 = Math.Round(values[(int)(values.Count * 0.99)], 2),
            worst = Math.Round(values[^1], 2),
        };
    }
}
