using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using static TorchSharp.torch;

namespace OrleansTransfer.Benchmarks;

/// <summary>
/// Pictures per second through every network in evaluation mode, beside the same network in PyTorch (Debian's python3-torch). The two take turns on
/// the same cores. Options: <c>--networks a,b --batch 8 --threads 2 --rounds 7 --python /usr/bin/python3</c>.
/// </summary>
internal static class ForwardBenchmark
{
    private const int WarmUp = 2;

    public static Task RunAsync(Options options) => Task.Run(() => Run(options));

    private static void Run(Options options)
    {
        int batch = options.Number("batch", 8), threads = options.Number("threads", 2), rounds = options.Number("rounds", 7);
        ComputeThread.Configure(threads);
        using var peer = Process.Start(new ProcessStartInfo(
            options.Text("python", "/usr/bin/python3"), [Path.Combine(AppContext.BaseDirectory, "peer_forward.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        foreach (var name in options.Text("networks", string.Join(',', Backbones.Names)).Split(','))
        {
            var backbone = Backbones.Get(name);
            var size = backbone.Preprocessing.Crop;
            using var model = backbone.Create(1000);
            model.Initialize(1);
            model.eval();
            using var input = randn(batch, 3, size, size);
            var version = Ask(peer, $"build {name} {batch} {size} {threads}");
            List<double> ours = [], theirs = [];
            for (var i = 0; i < WarmUp + rounds; i++)
            {
                ours.Add(Seconds(model, input));
                theirs.Add(double.Parse(Ask(peer, "run"), CultureInfo.InvariantCulture));
            }
            double our = Median(ours), their = Median(theirs);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "forward",
                network = name,
                batch,
                size,
                threads,
                picturesPerSecond = Math.Round(batch / our, 2),
                peerPicturesPerSecond = Math.Round(batch / their, 2),
                ratio = Math.Round(their / our, 3),
                peer = version,
            }));
        }
        peer.StandardInput.Close();
        peer.WaitForExit();
    }

    private static double Seconds(Classifier model, Tensor input)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var start = Stopwatch.GetTimestamp();
        model.call(input);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Ask(Process peer, string request)
    {
        peer.StandardInput.WriteLine(request);
        peer.StandardInput.Flush();
        return peer.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("The peer ended: are python3-torch and python3-torchvision there?");
    }

    private static double Median(IEnumerable<double> times)
    {
        var sorted = times.Skip(WarmUp).Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
