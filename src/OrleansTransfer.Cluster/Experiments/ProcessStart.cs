using System.Diagnostics;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>Tells whether the process that drives an experiment still lives.</summary>
public static class ProcessStart
{
    // A remote owner renews its heartbeat every 5 s.
    private static readonly TimeSpan HeartbeatLifetime = TimeSpan.FromSeconds(15);

    /// <summary>When this process started.</summary>
    public static DateTimeOffset Current { get; } = Of(Process.GetCurrentProcess());

    /// <summary>Whether the owner lives: asked of the system for a process of this machine, judged by its heartbeat for one of another.</summary>
    public static bool IsAlive(this ExperimentOwner owner, DateTimeOffset now)
    {
        if (owner.Machine != Environment.MachineName) return now - owner.Heartbeat < HeartbeatLifetime;
        try
        {
            using var process = Process.GetProcessById(owner.ProcessId);
            return !process.HasExited && (Of(process) - owner.ProcessStarted).Duration() < TimeSpan.FromSeconds(2);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static DateTimeOffset Of(Process process) => process.StartTime.ToUniversalTime();
}
