using OrleansTransfer.Benchmarks;
using OrleansTransfer.Learning.Compute;

Allocator.RestartTuned();

// dotnet run -c Release --project tests/OrleansTransfer.Benchmarks -- <name> [--option value]...
var benchmarks = new Dictionary<string, Action<Options>>
{
    ["step"] = StepBenchmark.Run,
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var benchmark))
{
    Console.Error.WriteLine($"Name a benchmark: {string.Join(", ", benchmarks.Keys)}.");
    return 2;
}
if (Options.Parse(args.AsSpan(1)) is not { } options)
{
    Console.Error.WriteLine("Options come in pairs: --name value.");
    return 2;
}
benchmark(options);
return 0;
