using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Experiments;

public class GroupWatchTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly WorkerAddress[] s_workers = [new("n1", "cpu:0"), new("n1", "cpu:1"), new("n2", "cpu:0")];
    private readonly GroupWatch _watch = new(s_workers, new(), s_start);
    private long _number;

    [Fact]
    public void Starts_until_all_are_ready_and_then_runs()
    {
        Take(0, WorkerReportKind.Ready);
        Take(1, WorkerReportKind.Ready);
        Assert.Equal(GroupVerdict.Starting, Verdict(1));
        Take(2, WorkerReportKind.Ready);
        Assert.Equal(GroupVerdict.Running, Verdict(1));
    }

    [Fact]
    public void Is_finished_only_when_every_rank_is()
    {
        foreach (var rank in new[] { 0, 1, 2 }) Take(rank, WorkerReportKind.Ready);
        Take(0, WorkerReportKind.Finished);
        Take(2, WorkerReportKind.Finished);
        Assert.Equal(GroupVerdict.Running, Verdict(1));
        Take(1, WorkerReportKind.Finished);
        Assert.Equal(GroupVerdict.Finished, Verdict(1));
    }

    [Fact]
    public void A_silent_worker_breaks_the_group_and_is_named()
    {
        Take(0, WorkerReportKind.Ready, at: 5);
        Take(1, WorkerReportKind.Ready, at: 5);
        Assert.Equal(GroupVerdict.Starting, Verdict(5.9));
        var (verdict, reason) = _watch.Judge(s_start.AddSeconds(6.1));
        Assert.Equal(GroupVerdict.Broken, verdict);
        Assert.Contains("n2/cpu:0 (rank 2)", reason);
        Assert.Contains("silent", reason);
    }

    [Fact]
    public void Silence_counts_from_the_start_of_the_last_worker()
    {
        _watch.Started(s_start.AddSeconds(20));
        Assert.Equal(GroupVerdict.Starting, Verdict(25));
        Assert.Equal(GroupVerdict.Broken, Verdict(27));
    }

    [Fact]
    public void A_worker_that_answers_and_never_advances_breaks_the_group()
    {
        for (var second = 0; second < 1900; second += 5)
            for (var rank = 0; rank < 3; rank++) Take(rank, WorkerReportKind.Alive, at: second, step: rank == 1 ? 0 : second);
        var (verdict, reason) = _watch.Judge(s_start.AddSeconds(1900));
        Assert.Equal(GroupVerdict.Broken, verdict);
        Assert.Contains("n1/cpu:1", reason);
        Assert.Contains("no progress", reason);
    }

    [Fact]
    public void The_root_cause_wins_over_those_that_stopped_because_of_it()
    {
        Take(0, WorkerReportKind.Aborted, at: 1, reason: "node n2 is out of reach");
        Assert.NotEqual(GroupVerdict.Broken, Verdict(2));
        Take(2, WorkerReportKind.Failed, at: 2, reason: "the loss is NaN");
        Assert.Equal((GroupVerdict.Broken, "worker n2/cpu:0 (rank 2): the loss is NaN"), _watch.Judge(s_start.AddSeconds(2)));
    }

    [Fact]
    public void An_abort_without_a_cause_is_the_cause_after_some_patience()
    {
        Take(0, WorkerReportKind.Aborted, at: 1, reason: "node n2 is out of reach");
        Assert.Equal((GroupVerdict.Broken, "worker n1/cpu:0 (rank 0): node n2 is out of reach"), _watch.Judge(s_start.AddSeconds(3.1)));
    }

    [Fact]
    public void The_first_cause_stays_the_cause()
    {
        _watch.NodeLost("n2");
        Take(0, WorkerReportKind.Failed, reason: "something else");
        Assert.Contains("node n2 is gone", _watch.Judge(s_start).Reason);
    }

    [Fact]
    public void A_node_whose_workers_had_finished_may_leave()
    {
        foreach (var rank in new[] { 0, 1, 2 }) Take(rank, WorkerReportKind.Finished);
        _watch.NodeLost("n2");
        Assert.Equal(GroupVerdict.Finished, Verdict(1));
    }

    [Fact]
    public void A_report_that_comes_twice_counts_once()
    {
        var report = new WorkerReport { Kind = WorkerReportKind.Ready, Generation = 1, Rank = 0, Number = 1 };
        Assert.True(_watch.Take(report, s_start));
        Assert.False(_watch.Take(report, s_start));
    }

    private GroupVerdict Verdict(double second) => _watch.Judge(s_start.AddSeconds(second)).Verdict;

    private void Take(int rank, WorkerReportKind kind, double at = 0, string? reason = null, long step = 0) =>
        _watch.Take(new() { Kind = kind, Generation = 1, Rank = rank, Number = ++_number, Reason = reason, Step = step }, s_start.AddSeconds(at));
}
