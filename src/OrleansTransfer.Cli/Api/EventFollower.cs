using System.Runtime.CompilerServices;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Api;

/// <summary>Follows an experiment to its end, over lost connections.</summary>
/// <param name="api">Where it runs.</param>
/// <param name="time">Clock.</param>
/// <param name="onLost">Told once per lost connection, before the first new attempt.</param>
internal sealed class EventFollower(IClusterApi api, TimeProvider time, Action<string> onLost)
{
    /// <summary>
    /// How long a lost connection is tried again. A lost node ends its users' commands within 10 s, and the other nodes may need the first 4 of them to
    /// notice.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    /// <summary>Events from <paramref name="from"/> on, each once and in order; ends when the experiment has.</summary>
    /// <exception cref="ClusterUnreachableException">The connection was lost and did not come back.</exception>
    public async IAsyncEnumerable<ExperimentEvent> FollowAsync(string id, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long? lostSince = null;
        while (true)
        {
            ClusterUnreachableException? failure = null;
            var attempted = time.GetTimestamp();
            await using (var events = api.ReadEventsAsync(id, from, follow: true, cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                while (true)
                {
                    try
                    {
                        if (!await events.MoveNextAsync()) break;
                    }
                    catch (ClusterUnreachableException error)
                    {
                        failure = error;
                        break;
                    }
                    if (events.Current.Sequence < from) continue;
                    from = events.Current.Sequence + 1;
                    lostSince = null;
                    yield return events.Current;
                }
            }

            // A node that shuts down also ends its streams: only the state tells whether the experiment has ended.
            if (failure is null)
            {
                (var ended, failure) = await HasEndedAsync(id, cancellationToken);
                if (ended) yield break;
            }

            // A connection that held for long was no failed attempt, even if nothing happened meanwhile.
            if (time.GetElapsedTime(attempted) > Patience) lostSince = null;
            if (lostSince is null)
            {
                lostSince = time.GetTimestamp();
                if (failure is not null) onLost($"The connection to the cluster was lost; trying again for {Patience.TotalSeconds:0} s.");
            }
            else if (time.GetElapsedTime(lostSince.Value) > Patience)
            {
                throw failure ?? new ClusterUnreachableException(api.Address, $"it ends the stream of events of '{id}', which has not ended");
            }
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task<(bool Ended, ClusterUnreachableException? Failure)> HasEndedAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return ((await api.FindAsync(id, cancellationToken)).State.IsFinal(), null);
        }
        catch (ClusterUnreachableException error)
        {
            return (false, error);
        }
    }
}
