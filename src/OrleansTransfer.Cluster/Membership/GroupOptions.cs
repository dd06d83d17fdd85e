using Microsoft.Extensions.Options;
using OrleansTransfer.Cluster.Workers;

namespace OrleansTransfer.Cluster.Membership;

/// <summary>
/// Deadlines by which an experiment judges its workers. They form a ladder: report period &lt; blame patience &lt; pause patience &lt; silence &lt;
/// progress.
/// </summary>
public sealed class GroupOptions
{
    /// <summary>How long a worker that others say has broken off may stay silent before it counts as lost; 1.5 s by default.</summary>
    public TimeSpan BlamePatience { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long a group may take to reach a step boundary when a node wants to leave, before the step is given up; 3 s by default.</summary>
    public TimeSpan PausePatience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a worker may send nothing at all; 9 s by default. Workers report every half second, whatever they compute. Longer than the cluster
    /// takes to declare a node dead that is frozen or cut off (<see cref="Hosting.MembershipProfile"/>): where the network between two nodes is cut,
    /// this coordinator's may be the dead one, and steps that its side goes on to do are lost.
    /// </summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromSeconds(9);

    /// <summary>How long a worker may stay at the same step, or load; 30 minutes by default. A hang that answers, as opposed to a death.</summary>
    public TimeSpan Progress { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How often a group of living workers may break up at the same step before the worker that is blamed for it is left out; 3 by default.
    /// </summary>
    public int Breaks { get; set; } = 3;
}

/// <summary>Refuses a ladder of deadlines that is out of order.</summary>
public sealed class GroupOptionsValidator : IValidateOptions<GroupOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GroupOptions options)
    {
        (string Name, TimeSpan Value)[] ladder =
        [
            ("report period", ReportChannel.Period),
            ("blame patience", options.BlamePatience),
            ("pause patience", options.PausePatience),
            ("silence", options.Silence),
            ("progress", options.Progress),
        ];
        if (ladder.Zip(ladder.Skip(1)).Any(pair => pair.First.Value >= pair.Second.Value))
            return ValidateOptionsResult.Fail($"Deadlines must rise: {string.Join(" < ", ladder.Select(rung => $"{rung.Name} ({rung.Value})"))}.");
        return options.Breaks >= 1
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"A group must be allowed to break up at least once; found {options.Breaks}.");
    }
}
