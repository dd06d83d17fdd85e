using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>How <see cref="GpSampler"/> searches.</summary>
public sealed record GpOptions
{
    /// <summary>Trials with an outcome before the model is asked; until then points of a Sobol sequence.</summary>
    public int Startup { get; init; } = 10;

    /// <summary>Most trials that the model is made of: of more, the best half and the newest half.</summary>
    public int MostTrials { get; init; } = 300;

    internal static GpOptions Read(OptionReader reader)
    {
        var defaults = new GpOptions();
        return new()
        {
            Startup = reader.Whole("startup", defaults.Startup, 2),
            MostTrials = reader.Whole("mostTrials", defaults.MostTrials, 4, 2000),
        };
    }
}
