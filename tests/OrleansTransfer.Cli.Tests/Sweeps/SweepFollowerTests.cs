using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Tests.Sweeps;

public sealed class SweepFollowerTests : IAsyncLifetime
{
    private static readonly Connection s_alone = new(null, "/state", null, false);

    private readonly RecordedStreams _streams = new();
    private FakeCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await FakeCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Ctrl_C_pauses_a_sweep_of_this_process_and_says_how_to_resume()
    {
        using var interrupt = new CancellationTokenSource();
        _cluster.Sweeps.All.Add(MadeUpSweeps.Of([MadeUpSweeps.Trial(0)], SweepState.Running));
        _cluster.Sweeps.OnLook = _ => interrupt.Cancel();
        var output = new Output(_streams, json: false);
        using var api = new HttpClusterApi(_cluster.Address);

        var end = await new SweepFollower(api, embedded: true, output).FollowAsync(_cluster.Sweeps.All[0], known: null, interrupt.Token);
        Assert.Equal(SweepEndKind.Paused, end.Kind);
        Assert.Equal(SweepState.Paused, end.Sweep.State);
        Assert.Contains(_cluster.Requests, request => request.EndsWith("/pause", StringComparison.Ordinal));
        Assert.Contains("Pausing leaves-sweep-3f9a", _streams.ErrorText);

        Assert.Equal(ExitCodes.Interrupted, SweepConclusion.Print(end, s_alone, output));
        Assert.Equal("Paused. To go on: otx sweep resume leaves-sweep-3f9a", _streams.LastErrorLine);
    }

    [Fact]
    public void A_sweep_that_nobody_drives_has_not_ended()
    {
        var end = new SweepEnd(SweepEndKind.Ended, MadeUpSweeps.Of([MadeUpSweeps.Trial(0)], SweepState.Running));
        Assert.Equal(ExitCodes.Failed, SweepConclusion.Print(end, s_alone, new Output(_streams, json: false)));
        Assert.Equal(
            "error: leaves-sweep-3f9a has not ended, and no process drives it. To go on: otx sweep resume leaves-sweep-3f9a", _streams.LastErrorLine);
    }
}
