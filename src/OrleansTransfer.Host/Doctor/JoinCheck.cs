using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Doctor;

/// <summary>The first node, where the membership is kept there.</summary>
internal static class JoinCheck
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<CheckResult>> MakeAsync(string join, CancellationToken cancellationToken)
    {
        try
        {
            var endpoint = await JoinTarget.ReachAsync(join, s_patience, cancellationToken);
            return [CheckResult.Ok("join", $"{endpoint} takes connections")];
        }
        catch (ClusterNotFoundException exception)
        {
            return
            [
                CheckResult.Failed("join", exception.Message,
                    "Start the first node with --advertise where it is on another machine, and let this machine through to its silo port."),
            ];
        }
    }
}
