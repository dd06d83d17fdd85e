using OrleansTransfer.Cluster.Membership;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cluster.Tests.Membership;

public class PoisonRuleTests
{
    [Fact]
    public void One_death_proves_nothing() => Assert.Null(PoisonRule.Judge([new(1, 500, "n1", "forward")]));

    [Fact]
    public void Two_nodes_of_one_group_that_die_together_prove_nothing() =>
        Assert.Null(PoisonRule.Judge([new(1, 500, "n1", "forward"), new(1, 500, "n2", "forward")]));

    [Fact]
    public void Deaths_at_different_steps_prove_nothing() =>
        Assert.Null(PoisonRule.Judge([new(1, 500, "n1", "forward"), new(2, 501, "n2", "forward")]));

    [Fact]
    public void A_second_death_at_the_same_step_condemns_the_run_and_names_step_and_operation()
    {
        var reason = PoisonRule.Judge([new(1, 3, "n9", "data"), new(4, 500, "n1", "backward"), new(5, 500, "n2", "forward")]);
        Assert.Equal(
            "the run kills its nodes: n1 died after step 500 (backward), and so did n2 (forward) when it was tried again; no third node is risked",
            reason);
    }
}
