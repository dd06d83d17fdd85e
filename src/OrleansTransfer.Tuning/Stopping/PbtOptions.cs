using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>How <see cref="PopulationBasedTraining"/> changes trials.</summary>
public sealed record PbtOptions
{
    /// <summary>Epochs between two judgements of a trial, at least 1.</summary>
    public int Interval { get; init; } = 1;

    /// <summary>Share of the population that copies, and that is copied from; above 0, at most 0.5.</summary>
    public double Share { get; init; } = 0.25;

    /// <summary>Chance that a parameter is drawn anew instead of changed a little, 0 to 1.</summary>
    public double Resample { get; init; } = 0.25;

    internal static PbtOptions Read(OptionReader reader)
    {
        var defaults = new PbtOptions();
        return new()
        {
            Interval = reader.Whole("interval", defaults.Interval, 1),
            Share = reader.Number("share", defaults.Share, 0.01, 0.5),
            Resample = reader.Number("resample", defaults.Resample, 0, 1),
        };
    }
}
