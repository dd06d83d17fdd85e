using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Host.Membership;

/// <summary>
/// Stops a node that joined when the cluster's first node is gone. The first node holds the membership table: without it nobody can be declared dead
/// or join, and a new process in its place would know nothing of this node.
/// </summary>
internal sealed partial class FirstNodeWatch(
    IPEndPoint firstNode, IClusterMembershipService membership, NodeFault fault, ILogger<FirstNodeWatch> logger, TimeProvider time)
    : BackgroundService
{
    // Refused connections in a row, and ticks one read of the membership table may take. Ticks and not seconds: they stand still with this process.
    private const int RefusalLimit = 3, SilenceLimit = 10;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        int refusals = 0, silence = 0;
        var read = Task.CompletedTask;
        using var timer = new PeriodicTimer(s_period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            refusals = await PortProbe.ListensAsync(firstNode, s_period, stoppingToken) ? 0 : refusals + 1;
            silence = read.IsCompleted ? 0 : silence + 1;
            if (read.IsCompleted) read = ReadMembershipAsync(stoppingToken);
            if (Verdict(HasLeft(membership.CurrentSnapshot, firstNode), refusals, silence) is not { } reason) continue;
            var message = $"The cluster's first node at {firstNode} {reason}; this node cannot go on without it and stops.";
            LogLost(logger, message);
            fault.Stop(message);
            return;
        }
    }

    /// <summary>Why the first node counts as lost, or null while it does not.</summary>
    internal static string? Verdict(bool left, int refusals, int silence) => (left, refusals, silence) switch
    {
        (true, _, _) => "has left the cluster",
        (_, >= RefusalLimit, _) => "is gone",
        (_, _, >= SilenceLimit) => "does not answer any more",
        _ => null,
    };

    internal static bool HasLeft(ClusterMembershipSnapshot snapshot, IPEndPoint firstNode)
    {
        var incarnations = snapshot.Members.Values.Where(member => member.SiloAddress.Endpoint.Equals(firstNode)).ToList();
        return incarnations.Count > 0 && incarnations.TrueForAll(member => member.Status == SiloStatus.Dead);
    }

    private async Task ReadMembershipAsync(CancellationToken cancellationToken)
    {
        try
        {
            await membership.Refresh(default, cancellationToken);
        }
        catch (Exception)
        {
            // An error is an answer of a kind: only silence counts here, and refused connections are counted by themselves.
        }
    }
}
