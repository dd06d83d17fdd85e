namespace OrleansTransfer.Tuning.Trials;

/// <summary>Where a trial stands.</summary>
public enum TrialState
{
    /// <summary>It has a device, or is to get one back: an attempt that broke is tried again under the same number.</summary>
    Running,

    /// <summary>It waits at a rung, without a device, for others to come that far.</summary>
    Paused,

    /// <summary>It ran to its end and has a value.</summary>
    Completed,

    /// <summary>It was ended early; its last measurement counts.</summary>
    Stopped,

    /// <summary>Its configuration does not work: out of memory, not a number, a user's error. Samplers learn to stay away.</summary>
    Infeasible,

    /// <summary>Infrastructure kept it from running. Says nothing about its configuration; samplers do not see it.</summary>
    Failed,
}
