using System.Net;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Cluster.Tests.Hosting;

public sealed class LossWatchTests
{
    [Theory]
    [InlineData(SiloStatus.Active, SiloStatus.Dead, 1)]
    [InlineData(SiloStatus.Active, SiloStatus.ShuttingDown, 0)]
    [InlineData(SiloStatus.ShuttingDown, SiloStatus.Dead, 0)]
    [InlineData(SiloStatus.Stopping, SiloStatus.Dead, 0)]
    [InlineData(SiloStatus.Dead, SiloStatus.Dead, 0)]
    [InlineData(null, SiloStatus.Dead, 0)]
    public void Only_a_node_that_was_active_and_is_dead_is_lost(SiloStatus? before, SiloStatus now, int lost)
    {
        var (silo, other) = (SiloAddress.New(new(IPAddress.Loopback, 1), 1), SiloAddress.New(new(IPAddress.Loopback, 2), 1));
        Dictionary<SiloAddress, SiloStatus> earlier = new() { [other] = SiloStatus.Active };
        if (before is { } status) earlier[silo] = status;

        Assert.Equal(lost, LossWatch.Lost(earlier, new Dictionary<SiloAddress, SiloStatus> { [other] = SiloStatus.Active, [silo] = now }));
    }
}
