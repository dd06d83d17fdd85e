using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning.Stopping;

/// <summary>How <see cref="AshaStopping"/> races trials.</summary>
public sealed record AshaOptions
{
    /// <summary>
    /// Epochs at the first rung; 0 for a 27th of a full trial's, but one at the least. The earlier, the cheaper, and the more a setting that learns
    /// fast is taken for one that learns well.
    /// </summary>
    public int First { get; init; }

    /// <summary>One in this many trials of a rung trains on, to this many times the epochs; at least 2.</summary>
    public int Factor { get; init; } = 3;

    internal static AshaOptions Read(OptionReader reader)
    {
        var defaults = new AshaOptions();
        return new() { First = reader.Whole("first", defaults.First, 0), Factor = reader.Whole("factor", defaults.Factor, 2) };
    }
}
