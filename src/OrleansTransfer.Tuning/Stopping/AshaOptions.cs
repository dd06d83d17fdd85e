using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>How <see cref="AshaStopping"/> races trials.</summary>
public sealed record AshaOptions
{
    /// <summary>Epochs at the first rung, at least 1.</summary>
    public int First { get; init; } = 1;

    /// <summary>One in this many trials of a rung trains on, to this many times the epochs; at least 2.</summary>
    public int Factor { get; init; } = 3;

    internal static AshaOptions Read(OptionReader reader)
    {
        var defaults = new AshaOptions();
        return new() { First = reader.Whole("first", defaults.First, 1), Factor = reader.Whole("factor", defaults.Factor, 2) };
    }
}
