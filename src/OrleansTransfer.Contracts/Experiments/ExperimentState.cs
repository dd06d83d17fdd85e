namespace OrleansTransfer.Contracts.Experiments;

/// <summary>Where an experiment stands.</summary>
public enum ExperimentState
{
    /// <summary>Waiting for devices.</summary>
    Queued,

    /// <summary>Workers load weights and data.</summary>
    Starting,

    /// <summary>Training.</summary>
    Running,

    /// <summary>Finished with a bundle.</summary>
    Completed,

    /// <summary>Ended by an error; can be resumed from its newest checkpoint.</summary>
    Failed,

    /// <summary>Ended by its user; can be resumed.</summary>
    Cancelled,

    /// <summary>Its process or cluster ended under it; can be resumed.</summary>
    Interrupted,
}

/// <summary>Questions about states.</summary>
public static class ExperimentStates
{
    /// <summary>Whether nothing more happens without a user's command.</summary>
    public static bool IsFinal(this ExperimentState state) => state > ExperimentState.Running;
}
