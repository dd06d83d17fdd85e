using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Workers;

public class WorkerOrdersTests
{
    private readonly WorkerOrders _orders = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void An_order_is_taken_once()
    {
        Assert.True(_orders.Post(Order(1)));
        Assert.Equal(1, _orders.Take(Token).Open!.Generation);
        Assert.False(_orders.Post(Order(1)));
    }

    [Fact]
    public void Only_the_newest_order_counts()
    {
        _orders.Post(Order(1));
        _orders.Post(Order(3));
        Assert.False(_orders.Post(Order(2)));
        Assert.Equal(3, _orders.Take(Token).Open!.Generation);
    }

    [Fact]
    public void An_order_that_is_given_up_before_it_is_taken_is_dropped()
    {
        _orders.Post(Order(1));
        Assert.True(_orders.Halt(1));
        _orders.Post(Order(2));
        Assert.Equal(2, _orders.Take(Token).Open!.Generation);
        Assert.True(_orders.IsHalted(1));
        Assert.False(_orders.IsHalted(2));
    }

    [Fact]
    public void A_late_halt_of_an_older_generation_does_not_touch_a_newer_order()
    {
        _orders.Post(Order(2));
        Assert.False(_orders.Halt(1));
        Assert.Equal((2, 2), (_orders.Noted, _orders.Take(Token).Open!.Generation));
    }

    [Fact]
    public void A_generation_that_is_given_up_before_its_order_comes_is_never_opened()
    {
        Assert.False(_orders.Halt(5));
        Assert.False(_orders.Post(Order(5)));
        Assert.True(_orders.Post(Order(6)));
    }

    [Fact]
    public void To_save_is_an_order_that_is_carried_out_once()
    {
        _orders.Save(4);
        Assert.Equal((null, 4), _orders.Take(Token));
        _orders.Save(4);
        _orders.Post(Order(5));
        Assert.Equal(5, _orders.Take(Token).Open!.Generation);
    }

    [Fact]
    public void A_pause_is_of_one_generation()
    {
        _orders.Pause(2);
        Assert.True(_orders.IsToPause(2));
        Assert.False(_orders.IsToPause(3));
    }

    [Fact]
    public async Task Waiting_ends_with_an_order_and_with_the_run()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = Task.Run(() => _orders.Take(stop.Token), Token);
        _orders.Post(Order(1));
        Assert.Equal(1, (await first).Open!.Generation);
        var second = Task.Run(() => _orders.Take(stop.Token), Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    private static GroupOrder Order(int generation) => new("x", generation, 0, [new("n1", "cpu:0")], new(0, 0, 0), null, 0, 0);
}
