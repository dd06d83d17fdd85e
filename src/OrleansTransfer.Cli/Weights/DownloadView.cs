using System.Globalization;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Cli.Weights;

/// <summary>Downloads on standard error: a line that moves on a terminal, a line per tenth of the file anywhere else.</summary>
internal sealed class DownloadView(IConsoleStreams streams) : IProgress<WeightProgress>
{
    private const int Steps = 10;
    private const long UnknownStep = 64_000_000;

    private readonly Lock _gate = new();
    private long _step;
    private int _moving;

    /// <inheritdoc/>
    public void Report(WeightProgress value)
    {
        lock (_gate)
        {
            if (value.Kind == WeightProgressKind.Receiving) Move(value);
            else
            {
                Clear();
                if (value.Kind == WeightProgressKind.Started) _step = StepOf(value);
                streams.Error.WriteLine(value.Text);
            }
        }
    }

    private void Move(WeightProgress value)
    {
        var line = Line(value);
        if (streams.ErrorIsTerminal)
        {
            streams.Error.Write("\r" + line.PadRight(_moving));
            _moving = line.Length;
        }
        else if (StepOf(value) is var step && step != _step)
        {
            _step = step;
            streams.Error.WriteLine(line);
        }
    }

    private void Clear()
    {
        if (_moving > 0) streams.Error.Write("\r" + new string(' ', _moving) + "\r");
        _moving = 0;
    }

    private static long StepOf(WeightProgress value) =>
        value.Total is > 0 and var total ? value.Received * Steps / total : value.Received / UnknownStep;

    private static string Line(WeightProgress value)
    {
        var culture = CultureInfo.InvariantCulture;
        var amount = value.Total is > 0 and var total
            ? string.Create(culture, $"{value.Received / 1e6:0.0} of {total / 1e6:0.0} MB ({100.0 * value.Received / total:0} %)")
            : string.Create(culture, $"{value.Received / 1e6:0.0} MB");
        var speed = value.BytesPerSecond > 0 ? string.Create(culture, $", {value.BytesPerSecond / 1e6:0.0} MB/s") : "";
        var left = value.Remaining is { TotalDays: < 1 } remaining ? $", {remaining.ToString(@"h\:mm\:ss", culture)} left" : "";
        return $"{value.Name}: {amount}{speed}{left}";
    }
}
