using OrleansTransfer.Cluster.Membership;

namespace OrleansTransfer.Cluster.Tests.Membership;

public class GroupOptionsTests
{
    private readonly GroupOptionsValidator _validator = new();

    [Fact]
    public void The_defaults_are_a_ladder() => Assert.True(_validator.Validate(null, new()).Succeeded);

    [Fact]
    public void Deadlines_in_the_wrong_order_are_refused_with_all_of_them()
    {
        var result = _validator.Validate(null, new() { Silence = TimeSpan.FromSeconds(2) });
        Assert.True(result.Failed);
        Assert.Contains("pause patience (00:00:03) < silence (00:00:02) < progress", result.FailureMessage);
    }

    [Fact]
    public void A_group_must_be_allowed_to_break_up() => Assert.True(_validator.Validate(null, new() { Breaks = 0 }).Failed);
}
