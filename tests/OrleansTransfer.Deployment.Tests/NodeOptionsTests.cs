using OrleansTransfer.Host.Configuration;

namespace OrleansTransfer.Deployment.Tests;

public sealed class NodeOptionsTests
{
    [Fact]
    public void The_README_has_every_option_of_a_node()
    {
        var readme = Repository.Read("README.md");
        Assert.All(NodeSetting.All, setting => Assert.Contains($"`{setting.Option}", readme, StringComparison.Ordinal));
        Assert.Contains($"`{NodeConfiguration.FileOption} ", readme, StringComparison.Ordinal);
    }
}
