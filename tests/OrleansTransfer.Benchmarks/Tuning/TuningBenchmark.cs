namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>
/// The tuning library. Options: <c>--part samplers,stopping,suggestions,sweep --seeds 30 --firstSeed 0 --samplers random,tpe,gp --functions
/// branin,hartmann6</c>, and those of <see cref="StoppingBenchmark"/>, <see cref="SweepBenchmark"/> and
/// <see cref="LedgerBenchmark"/>. The part <c>record</c>, by itself, records the
/// learning curves of <see cref="Recorded.RecordedCurves"/> anew.
/// </summary>
internal static class TuningBenchmark
{
    public static async Task RunAsync(Options options)
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
                case "ledger":
                    await LedgerBenchmark.RunAsync(options);
                    break;
                case "record":
                    Recorded.CurveRecorder.Run(options);
                    break;
                default:
                    throw new ArgumentException($"There is no part '{part}': samplers, stopping, suggestions, sweep, ledger, record.", nameof(options));
            }
        }
    }
}
