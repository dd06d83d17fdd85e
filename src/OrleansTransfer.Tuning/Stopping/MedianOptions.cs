using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>When <see cref="MedianStopping"/> stops trials.</summary>
public sealed record MedianOptions
{
    /// <summary>Trials that must have come to an epoch before another is stopped there, at least 1.</summary>
    public int Startup { get; init; } = 5;

    /// <summary>Epochs that every trial may train, 0 or more.</summary>
    public int WarmUp { get; init; } = 1;

    internal static MedianOptions Read(OptionReader reader)
    {
        var defaults = new MedianOptions();
        return new() { Startup = reader.Whole("startup", defaults.Startup, 1), WarmUp = reader.Whole("warmUp", defaults.WarmUp, 0) };
    }
}
