using OrleansTransfer.Benchmarks;
using OrleansTransfer.Benchmarks.Tuning;
using OrleansTransfer.Learning.Compute;

Allocator.RestartTuned();

// dotnet run -c Release --project tests/OrleansTransfer.Benchmarks -- <name> [--option value]...
var benchmarks = new Dictionary<string, Func<Options, Task>>
{
    ["adaptation"] = AdaptationBenchmark.RunAsync,
    ["exchange"] = ExchangeBenchmark.RunAsync,
    [ExchangeBenchmark.NodeName] = ExchangeBenchmark.RunNodeAsync,
    ["features"] = FeatureBenchmark.RunAsync,
    ["forward"] = ForwardBenchmark.RunAsync,
    ["gateway"] = GatewayBenchmark.RunAsync,
    ["load"] = LoadBenchmark.RunAsync,
    [LoadBenchmark.MemoryName] = LoadBenchmark.RunMemoryAsync,
    [BenchmarkNode.Word] = BenchmarkNode.RunAsync,
    ["soak"] = SoakBenchmark.RunAsync,
    ["step"] = StepBenchmark.RunAsync,
    ["throughput"] = ThroughputBenchmark.RunAsync,
    ["tuning"] = TuningBenchmark.RunAsync,
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var benchmark))
{
    var names = benchmarks.Keys.Where(name => name is not (ExchangeBenchmark.NodeName or LoadBenchmark.MemoryName or BenchmarkNode.Word));
    Console.Error.WriteLine($"Name a benchmark: {string.Join(", ", names)}.");
    return 2;
}
if (Options.Parse(args.AsSpan(1)) is not { } options)
{
    Console.Error.WriteLine("Options come in pairs: --name value.");
    return 2;
}
await benchmark(options);
return 0;
