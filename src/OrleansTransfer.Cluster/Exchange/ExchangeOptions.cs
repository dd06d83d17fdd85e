using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Exchange.Lanes;

namespace OrleansTransfer.Cluster.Exchange;

/// <summary>How gradients travel between nodes.</summary>
public sealed class ExchangeOptions
{
    /// <summary>
    /// Values in one segment, which is what a node reduces before it sends the sum back; 262,144 (1 MiB of float32) by default. A multiple of 16, so
    /// that every segment begins on a cache line, and at most <see cref="SegmentFrame.MaximumLength"/>.
    /// </summary>
    public int SegmentLength { get; set; } = 256 * 1024;

    /// <summary>
    /// How long a node waits for the others of a new group to join the exchange; 2 minutes by default. Workers of a group load at different speeds.
    /// </summary>
    public TimeSpan JoinDeadline { get; set; } = TimeSpan.FromMinutes(2);
}

/// <summary>Refuses segments that cannot be sent and a deadline that is over before it begins.</summary>
public sealed class ExchangeOptionsValidator : IValidateOptions<ExchangeOptions>
{
    private const int Alignment = 16;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ExchangeOptions options)
    {
        List<string> failures = [];
        if (options.SegmentLength is <= 0 or > SegmentFrame.MaximumLength || options.SegmentLength % Alignment != 0)
        {
            failures.Add(
                $"Exchange segment length is {options.SegmentLength} values; " +
                $"it must be a multiple of {Alignment} from {Alignment} to {SegmentFrame.MaximumLength}.");
        }
        if (options.JoinDeadline <= TimeSpan.Zero)
            failures.Add($"Exchange join deadline is {options.JoinDeadline}; it must be longer than zero.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
