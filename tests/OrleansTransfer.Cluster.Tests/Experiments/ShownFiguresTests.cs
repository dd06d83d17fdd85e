using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Tests.Experiments;

public class ShownFiguresTests
{
    private readonly ShownFigures _figures = new();

    [Fact]
    public void The_last_epoch_counts_until_one_is_picked()
    {
        Assert.Null(Take(("log", 0, 0), ("step", 1, 0.1)));
        Assert.Equal(0.3, Take(("epoch", 1, 0.2), ("epoch", 2, 0.3), ("step", 3, 0.4)));
        Assert.Equal(0.2, Take(("epoch", 3, 0.4), ("pick", 3, 0.2)));
    }

    [Fact]
    public void Epochs_that_are_reported_once_more_do_not_hide_the_pick()
    {
        Assert.Equal(0.2, Take(("pick", 3, 0.2)));
        Assert.Null(Take(("epoch", 2, 0.3), ("epoch", 3, 0.4)));
        Assert.Equal(0.2, Take(("pick", 3, 0.2), ("epoch", 3, 0.4)));
        Assert.True(_figures.HasPickedOf(3));
    }

    [Fact]
    public void A_run_that_goes_on_shows_its_further_epochs()
    {
        Take(("pick", 3, 0.2));
        Assert.Equal(0.5, Take(("epoch", 4, 0.5)));
        Assert.False(_figures.HasPickedOf(6));
    }

    private double? Take(params (string Kind, int Epoch, double Accuracy)[] events) => _figures.Of(events.Select(e => new ExperimentEvent
    {
        Sequence = 0,
        Time = default,
        Kind = e.Kind,
        Step = e.Epoch,
        Epoch = e.Epoch,
        Values = new Dictionary<string, double> { ["accuracy"] = e.Accuracy },
    }))?["accuracy"];
}
