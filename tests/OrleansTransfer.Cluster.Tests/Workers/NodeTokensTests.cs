using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Cluster.Tests.Workers;

public sealed class NodeTokensTests
{
    private readonly NodeTokens _node = new();
    private int _made;

    [Fact]
    public async Task Workers_of_one_experiment_share_what_the_first_of_them_makes()
    {
        using var first = _node.Hold("a");
        using var second = _node.Hold("a");
        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => (i % 2 == 0 ? first : second).Of("training", Make))));
        Assert.Single(found.Distinct());
        Assert.Equal(1, _made);
        Assert.NotSame(found[0], first.Of("validation", Make));
    }

    [Fact]
    public void Tokens_stay_as_long_as_a_worker_holds_them_and_go_with_the_last()
    {
        var first = _node.Hold("a");
        var tokens = first.Of("training", Make);
        var second = _node.Hold("a");
        first.Dispose();
        first.Dispose();
        Assert.Same(tokens, second.Of("training", Make));
        second.Dispose();
        using var later = _node.Hold("a");
        Assert.NotSame(tokens, later.Of("training", Make));
    }

    [Fact]
    public void Experiments_have_tokens_of_their_own()
    {
        using var a = _node.Hold("a");
        using var b = _node.Hold("b");
        Assert.NotSame(a.Of("training", Make), b.Of("training", Make));
    }

    private TokenizedTexts Make()
    {
        Interlocked.Increment(ref _made);
        return TokenizedTexts.Of([new("text", 0, 1)], _ => [1], 4);
    }
}
