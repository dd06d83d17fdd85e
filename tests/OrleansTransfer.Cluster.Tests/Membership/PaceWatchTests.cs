using OrleansTransfer.Cluster.Membership;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership;

public class PaceWatchTests
{
    private static readonly DateTimeOffset s_start = DateTimeOffset.UnixEpoch;
    private readonly PaceWatch _watch = new();

    [Fact]
    public void Lateness_is_what_the_others_wait_for_each() =>
        Assert.Equal([0, 0.75, 0], Paces(0.25, 1, 0.25).Select(pace => pace.Lateness));

    [Fact]
    public void Of_two_workers_each_is_compared_with_the_other()
    {
        var paces = Paces(0.2, 0.6);
        Assert.Equal((0.2, 0.6), (paces[0].Own, paces[0].Others));
        Assert.Equal((0.6, 0.2), (paces[1].Own, paces[1].Others));
    }

    [Fact]
    public void Nobody_is_compared_while_one_has_not_done_a_step()
    {
        Assert.Empty(Paces(0.2, 0));
        Assert.Empty(Paces(0.2));
    }

    [Fact]
    public void A_slow_worker_is_named_after_ten_seconds_and_once()
    {
        Assert.Empty(_watch.Take(Paces(0.2, 0.5, 0.2), s_start));
        Assert.Empty(_watch.Take(Paces(0.2, 0.5, 0.2), s_start.AddSeconds(9)));
        Assert.Equal("n1/cpu:0", Assert.Single(_watch.Take(Paces(0.2, 0.5, 0.2), s_start.AddSeconds(11))).Worker.ToString());
        Assert.Empty(_watch.Take(Paces(0.2, 0.5, 0.2), s_start.AddSeconds(20)));
    }

    [Fact]
    public void One_that_recovers_is_named_again_when_it_falls_behind_again()
    {
        _watch.Take(Paces(0.2, 0.5), s_start);
        Assert.Single(_watch.Take(Paces(0.2, 0.5), s_start.AddSeconds(11)));
        _watch.Take(Paces(0.2, 0.2), s_start.AddSeconds(12));
        Assert.Empty(_watch.Take(Paces(0.2, 0.5), s_start.AddSeconds(13)));
        Assert.Single(_watch.Take(Paces(0.2, 0.5), s_start.AddSeconds(24)));
    }

    [Fact]
    public void Milliseconds_make_nobody_slow()
    {
        _watch.Take(Paces(0.004, 0.012), s_start);
        Assert.Empty(_watch.Take(Paces(0.004, 0.012), s_start.AddSeconds(11)));
    }

    [Fact]
    public void The_factor_of_a_recipe_is_exceeded_only_by_who_has_been_slow_for_long()
    {
        var pace = Paces(0.2, 0.5)[1];
        _watch.Take([pace], s_start);
        Assert.False(_watch.Exceeds(pace, 2, s_start.AddSeconds(9)));
        Assert.True(_watch.Exceeds(pace, 2, s_start.AddSeconds(10)));
        Assert.False(_watch.Exceeds(pace, 3, s_start.AddSeconds(10)));
    }

    private static IReadOnlyList<Pace> Paces(params double[] seconds) =>
        PaceWatch.Compare([.. seconds.Select((value, i) => (new WorkerAddress($"n{i}", "cpu:0"), value))]);
}
