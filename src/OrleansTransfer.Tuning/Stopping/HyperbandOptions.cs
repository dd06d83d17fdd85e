using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>How <see cref="HyperbandStopping"/> races trials.</summary>
public sealed record HyperbandOptions
{
    /// <summary>One in this many trials of a rung trains on, to this many times the epochs; at least 2.</summary>
    public int Factor { get; init; } = 3;

    internal static HyperbandOptions Read(OptionReader reader) => new() { Factor = reader.Whole("factor", new HyperbandOptions().Factor, 2) };
}
