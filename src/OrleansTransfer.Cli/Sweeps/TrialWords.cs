using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>How trials stand, in words.</summary>
internal static class TrialWords
{
    /// <summary>A state as people see it: a trial that has a turn trains only while its sweep runs.</summary>
    public static string StateOf(SweepState sweep, string trial) => trial == "Running" && sweep != SweepState.Running ? "Halted" : trial;
}
