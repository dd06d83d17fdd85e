using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Workers;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>Deadlines by which an experiment judges its workers. They form a ladder: cause patience &lt; silence &lt; progress.</summary>
public sealed class WatchOptions
{
    /// <summary>How long a worker that stopped because of another waits for that other's own report; 2 s by default.</summary>
    public TimeSpan CausePatience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker may send nothing at all; 6 s by default. Workers report every half second, whatever they compute.</summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>How long a worker may stay at the same step, or load; 30 minutes by default. A hang that answers, as opposed to a death.</summary>
    public TimeSpan Progress { get; set; } = TimeSpan.FromMinutes(30);
}

/// <summary>Refuses a ladder of deadlines that is out of order.</summary>
public sealed class WatchOptionsValidator : IValidateOptions<WatchOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, WatchOptions options) =>
        ReportChannel.Period < options.CausePatience && options.CausePatience < options.Silence && options.Silence < options.Progress
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Deadlines must rise: report period ({ReportChannel.Period}) < cause patience ({options.CausePatience}) < silence ({options.Silence}) < progress ({options.Progress}).");
}
