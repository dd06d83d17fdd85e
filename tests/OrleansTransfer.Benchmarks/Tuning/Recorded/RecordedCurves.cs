using System.Globalization;
using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Benchmarks.Tuning.Recorded;

/// <summary>
/// Learning curves of a real network (<see cref="CurveRecorder"/>), for any configuration: those of the nearest recorded ones, weighted by the
/// inverse of their squared distance in the unit cube, where another choice is as far as the other end of a number.
/// </summary>
internal static class RecordedCurves
{
    /// <summary>Epochs of a full run.</summary>
    public const int Epochs = 27;

    private const int Neighbours = 3;
    private const double Samples = 1000, Chance = 0.9, Same = 1e-9;

    private static readonly Lazy<IReadOnlyList<Recording>> s_recordings = new(Read);

    public static SearchSpace Space { get; } = new(
        new LogParameter("training.optimizer.learningRate", 1e-4, 1),
        new LogParameter("training.optimizer.weightDecay", 1e-5, 1),
        new IntParameter("training.batchSize", 8, 128) { Log = true },
        new UniformParameter("model.head.dropout", 0, 0.8),
        new ChoiceParameter("transfer.unfreeze", ["none", "last-1-stage", "all"]),
        new ChoiceParameter("training.optimizer.type", ["adamw", "sgd"]));

    /// <summary>The least error that was recorded after all epochs; no mixture of curves goes below it.</summary>
    public static double Least => s_recordings.Value.Min(recording => recording.Errors[^1]);

    /// <summary>The configuration at coordinates, a choice as its index.</summary>
    public static Configuration At(double[] point) => new(Space.Parameters.Select((parameter, i) => KeyValuePair.Create(
        parameter.Path, parameter is ChoiceParameter choice ? choice.Values[(int)point[i]] : (ParameterValue)point[i])));

    /// <summary>Validation error after an epoch, 0 to 1.</summary>
    public static double Error(Configuration configuration, int epoch)
    {
        var point = Space.ToUnit(configuration);
        Span<(double Distance, int Index)> nearest = stackalloc (double, int)[Neighbours];
        nearest.Fill((double.PositiveInfinity, -1));
        var recordings = s_recordings.Value;
        for (var i = 0; i < recordings.Count; i++)
        {
            var place = Neighbours;
            var distance = Distance(point, recordings[i].Point);
            while (place > 0 && distance < nearest[place - 1].Distance) place--;
            if (place == Neighbours) continue;
            nearest[place..^1].CopyTo(nearest[(place + 1)..]);
            nearest[place] = (distance, i);
        }
        var (sum, weights) = (0.0, 0.0);
        foreach (var (distance, index) in nearest)
        {
            var weight = 1 / (distance + Same);
            (sum, weights) = (sum + weight * recordings[index].Errors[epoch - 1], weights + weight);
        }
        return sum / weights;
    }

    // Squared.
    private static double Distance(double[] left, double[] right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            var off = Space.Parameters[i] is ChoiceParameter ? left[i] == right[i] ? 0 : 1 : left[i] - right[i];
            sum += off * off;
        }
        return sum;
    }

    private static IReadOnlyList<Recording> Read()
    {
        using var stream = typeof(RecordedCurves).Assembly.GetManifestResourceStream("recorded-curves.csv")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(Parse)];
    }

    private static Recording Parse(string line)
    {
        var parts = line.Split(';');
        var values = parts[0].Split(',').Zip(Space.Parameters, (text, parameter) => KeyValuePair.Create(
            parameter.Path, parameter is ChoiceParameter ? (ParameterValue)text : double.Parse(text, CultureInfo.InvariantCulture)));
        var errors = parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(wrong => int.Parse(wrong, CultureInfo.InvariantCulture) / Samples);
        return new(Space.ToUnit(new(values)), [.. errors.Concat(Enumerable.Repeat(Chance, Epochs)).Take(Epochs)]);
    }

    /// <param name="Point">In the unit cube.</param>
    /// <param name="Errors">After each epoch; chance from where the training diverged.</param>
    private sealed record Recording(double[] Point, double[] Errors);
}
