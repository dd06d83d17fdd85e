using System.Globalization;

namespace OrleansTransfer.Host.Doctor;

/// <summary>How far this machine's clock is from another one.</summary>
/// <param name="Ahead">By how much it is ahead; negative when it is behind, zero within what can be told.</param>
internal readonly record struct ClockSkew(TimeSpan Ahead)
{
    // Silos that say that they live every 3 s are stale to others after 9 s, by the readers' clocks.
    private static readonly TimeSpan s_tolerable = TimeSpan.FromSeconds(1), s_limit = TimeSpan.FromSeconds(5);

    /// <summary>Whether nodes with such clocks would take each other for dead, or alive for too long.</summary>
    public bool IsTooMuch => Ahead.Duration() > s_limit;

    /// <summary>The skew that is certain, given when another clock was asked.</summary>
    /// <param name="before">This clock before the question.</param>
    /// <param name="other">The other clock's answer.</param>
    /// <param name="after">This clock after the answer.</param>
    /// <param name="resolution">What the other clock may have cut off.</param>
    public static ClockSkew Of(DateTimeOffset before, DateTimeOffset other, DateTimeOffset after, TimeSpan resolution)
    {
        if (before > other + resolution) return new(before - other - resolution);
        return after < other ? new(after - other) : new(TimeSpan.Zero);
    }

    /// <summary>The skew in words.</summary>
    /// <param name="whose">The other clock, for instance <c>the Redis server's</c>.</param>
    public string ToWords(string whose) => Ahead == TimeSpan.Zero
        ? $"this machine's clock agrees with {whose}"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"this machine's clock is {Ahead.Duration().TotalSeconds:0.#} s {(Ahead > TimeSpan.Zero ? "ahead of" : "behind")} {whose}");

    /// <summary>The skew as the result of a check.</summary>
    public CheckResult ToResult(string name, string whose)
    {
        const string Fix = "Let an NTP service (chrony, systemd-timesyncd) keep the clocks of all machines.";
        if (IsTooMuch) return CheckResult.Failed(name, ToWords(whose), Fix);
        return Ahead.Duration() > s_tolerable ? CheckResult.Warning(name, ToWords(whose), Fix) : CheckResult.Ok(name, ToWords(whose));
    }
}
