using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>How <see cref="TpeSampler"/> searches.</summary>
public sealed record TpeOptions
{
    /// <summary>Trials with an outcome before the model is asked; until then points of a Sobol sequence.</summary>
    public int Startup { get; init; } = 10;

    /// <summary>Share of the trials that count as good, above 0 to 0.5.</summary>
    public double Good { get; init; } = 0.12;

    /// <summary>Most trials that count as good.</summary>
    public int MostGood { get; init; } = 25;

    /// <summary>Points drawn from the good ones, of which the most promising is suggested.</summary>
    public int Candidates { get; init; } = 24;

    /// <summary>
    /// Most trials that the model is of: the best completed ones and those that ended last. More hardly change it, and take their time with each
    /// suggestion.
    /// </summary>
    public int MostTrials { get; init; } = 1500;

    /// <summary>How many trials the uniform prior weighs as much as.</summary>
    public double Prior { get; init; } = 0.5;

    /// <summary>Width of kernels, as a multiple of what Scott's rule says of the spread of their points.</summary>
    public double Bandwidth { get; init; } = 0.8;

    internal static TpeOptions Read(OptionReader reader)
    {
        var defaults = new TpeOptions();
        return new()
        {
            Startup = reader.Whole("startup", defaults.Startup, 1),
            Good = reader.Number("good", defaults.Good, 0.001, 0.5),
            MostGood = reader.Whole("mostGood", defaults.MostGood, 1),
            Candidates = reader.Whole("candidates", defaults.Candidates, 1, 10_000),
            MostTrials = reader.Whole("mostTrials", defaults.MostTrials, 50),
            Prior = reader.Number("prior", defaults.Prior, 1e-6, 1e6),
            Bandwidth = reader.Number("bandwidth", defaults.Bandwidth, 1e-3, 10),
        };
    }
}
