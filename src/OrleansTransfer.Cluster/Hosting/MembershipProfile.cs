using Orleans.Configuration;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>How fast silos notice that one of them is gone.</summary>
public static class MembershipProfile
{
    /// <summary>
    /// Sees a crashed silo dead in about 1.3 s (three missed probes at the adapted period of half a second) and a frozen one in about 6.5 s (three at
    /// the longest period); Orleans' defaults take 7 to 15 s and a minute. The short table refresh tells a silo that was declared dead while frozen
    /// so at once. When all silos died together, whoever starts next takes them for dead once their rows are 9 s old, three times the period at which
    /// silos say that they live.
    /// </summary>
    public static ISiloBuilder UseFastFailureDetection(this ISiloBuilder builder) => builder.Configure<ClusterMembershipOptions>(options =>
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(3);
    });
}
