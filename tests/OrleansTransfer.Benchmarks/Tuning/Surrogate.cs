using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>Something that answers at once what a training run would have measured.</summary>
/// <param name="Name">As results call it.</param>
/// <param name="Space">What may be varied.</param>
/// <param name="Epochs">Epochs of a full run.</param>
/// <param name="Error">Validation error, 0 to 1, of a configuration after an epoch, from 1.</param>
internal sealed record Surrogate(string Name, SearchSpace Space, int Epochs, Func<Configuration, int, double> Error)
{
    public static IReadOnlyList<Surrogate> All { get; } =
    [
        new("curve", LearningCurve.Space, LearningCurve.Epochs, (configuration, epoch) => LearningCurve.Error(LearningCurve.Of(configuration), epoch)),
        new("recorded", Recorded.RecordedCurves.Space, Recorded.RecordedCurves.Epochs, Recorded.RecordedCurves.Error),
    ];

    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Surrogate Get(string name) => All.FirstOrDefault(one => one.Name == name)
        ?? throw new ArgumentException($"There is no surrogate '{name}': {string.Join(", ", All.Select(one => one.Name))}.", nameof(name));
}
