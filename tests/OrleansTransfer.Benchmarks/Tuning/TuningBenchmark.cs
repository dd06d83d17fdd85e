namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>
/// The tuning library. Options: <c>--part samplers,stopping,suggestions,sweep --seeds 30 --firstSeed 0 --samplers random,tpe,gp --functions
/// branin,hartmann6</c>, and those of <see cref="SweepBenchmark"/>.
/// </summary>
internal static class TuningBenchmark
{
    public static Task RunAsync(Options options)
    {
        foreach (var part in options.Text("part", "samplers,stopping,suggestions,sweep").Split(','))
        {
            switch (part)
            {
                case "samplers":
                    SamplerBenchmark.Run(options);
                    break;
                case "stopping":
                    StoppingBenchmark.Run(options);
                    break;
                case "suggestions":
                    SuggestionBenchmark.Run(options);
                    break;
                case "sweep":
                    SweepBenchmark.Run(options);
                    break;
                default:
                    throw new ArgumentException($"There is no part '{part}': samplers, stopping, suggestions, sweep.", nameof(options));
            }
        }
        return Task.CompletedTask;
    }
}
