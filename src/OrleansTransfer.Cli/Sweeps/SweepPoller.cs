using System.Runtime.CompilerServices;
using OrleansTransfer.Cli.Api;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Asks for a sweep again and again until nothing more happens to it, over lost connections.</summary>
/// <param name="api">Where it runs.</param>
/// <param name="time">Clock.</param>
/// <param name="onLost">Told once per lost connection, before the first new attempt.</param>
internal sealed class SweepPoller(IClusterApi api, TimeProvider time, Action<string> onLost)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>The sweep as it is now and after each pause; the last one is over, or paused.</summary>
    /// <exception cref="ClusterUnreachableException">The connection was lost and did not come back.</exception>
    public async IAsyncEnumerable<SweepSnapshot> PollAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long? lostSince = null;
        while (true)
        {
            SweepSnapshot? sweep = null;
            try
            {
                sweep = await api.FindSweepAsync(id, cancellationToken);
                lostSince = null;
            }
            catch (ClusterUnreachableException) when (lostSince is null)
            {
                lostSince = time.GetTimestamp();
                onLost($"The connection to the cluster was lost; trying again for {EventFollower.Patience.TotalSeconds:0} s.");
            }
            catch (ClusterUnreachableException) when (lostSince is { } since && time.GetElapsedTime(since) < EventFollower.Patience)
            {
                // Within the time it was given.
            }
            if (sweep is not null)
            {
                yield return sweep;
                if (sweep.State != SweepState.Running) yield break;
            }
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
