using System.Net;
using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Tests.Membership;

public class NameClaimTests
{
    private static readonly SiloAddress s_self = Silo(2, started: 100);

    [Theory]
    [InlineData(SiloStatus.Active, 50, true)]
    [InlineData(SiloStatus.Active, 150, true)]
    [InlineData(SiloStatus.Joining, 50, true)]
    [InlineData(SiloStatus.Joining, 150, false)]
    [InlineData(SiloStatus.ShuttingDown, 50, false)]
    [InlineData(SiloStatus.Stopping, 50, false)]
    public void A_living_node_has_its_name_and_the_one_that_started_later_gives_way(SiloStatus status, int started, bool stays)
    {
        var other = new ClusterMember(Silo(1, started), status, "n1");

        var rival = NameClaim.FindRival("n1", s_self, [new(s_self, SiloStatus.Joining, "n1"), other]);

        Assert.Equal((other, stays), rival);
    }

    [Fact]
    public void The_dead_the_others_and_who_was_at_this_nodes_own_address_leave_the_name_free() => Assert.Null(NameClaim.FindRival(
        "n1",
        s_self,
        [
            new(s_self, SiloStatus.Joining, "n1"),
            new(Silo(1, 50), SiloStatus.Dead, "n1"),
            new(Silo(2, 50), SiloStatus.Active, "n1"),
            new(Silo(3, 50), SiloStatus.Active, "n2"),
        ]));

    [Fact]
    public void Who_is_active_counts_before_who_is_only_starting_or_leaving()
    {
        var active = new ClusterMember(Silo(5, 50), SiloStatus.Active, "n1");

        var rival = NameClaim.FindRival(
            "n1", s_self, [new(Silo(3, 150), SiloStatus.Joining, "n1"), new(Silo(4, 40), SiloStatus.ShuttingDown, "n1"), active]);

        Assert.Equal((active, true), rival);
    }

    private static SiloAddress Silo(int port, int started) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), started);
}
