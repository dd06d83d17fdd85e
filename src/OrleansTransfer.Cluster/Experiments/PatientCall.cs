using Orleans.Runtime;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>
/// Calls to grains whose node may just have died: Orleans rejects them until it knows, and then the grain comes up elsewhere.
/// </summary>
public static class PatientCall
{
    // Longer than a frozen node takes to be declared dead.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15), s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Makes a call that may be made twice, again while Orleans cannot deliver it, for some seconds.</summary>
    /// <exception cref="OrleansException">It could not be delivered all that time.</exception>
    public static async Task<T> MakeAsync<T>(Func<Task<T>> call, TimeProvider time, CancellationToken cancellationToken)
    {
        var giveUp = time.GetUtcNow() + s_patience;
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && time.GetUtcNow() < giveUp)
            {
                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }
}
