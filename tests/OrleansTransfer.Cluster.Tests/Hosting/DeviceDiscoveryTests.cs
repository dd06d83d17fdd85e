using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Cluster.Tests.Hosting;

public class DeviceDiscoveryTests
{
    [Theory]
    [InlineData(null, 0, "cpu:0,cpu:1,cpu:2,cpu:3")]
    [InlineData("  ", 0, "cpu:0,cpu:1,cpu:2,cpu:3")]
    [InlineData(null, 2, "cuda:0,cuda:1")]
    [InlineData("cpu", 2, "cpu:0,cpu:1,cpu:2,cpu:3")]
    [InlineData("cpu:2", 2, "cpu:0,cpu:1")]
    [InlineData("CUDA", 2, "cuda:0,cuda:1")]
    [InlineData("cuda:1, cuda:0", 2, "cuda:1,cuda:0")]
    [InlineData("cuda:0,cpu:1", 1, "cuda:0,cpu:0")]
    public void Devices_are_what_was_asked_for(string? asked, int cuda, string expected) =>
        Assert.Equal(expected.Split(','), DeviceDiscovery.Parse(asked, cores: 4, () => cuda));

    [Theory]
    [InlineData("none")]
    [InlineData(" None ")]
    public void A_node_may_offer_no_device(string asked) => Assert.Empty(DeviceDiscovery.Parse(asked, cores: 4, () => 2));

    [Theory]
    [InlineData("none,cpu:1", "'none' is neither")]
    [InlineData("cpu:0", "at least 1")]
    [InlineData("cpu:100000", "at most 256")]
    [InlineData("cpu:two", "'two' is not a number")]
    [InlineData("cpu:-1", "'-1' is not a number")]
    [InlineData("gpu", "'gpu' is neither")]
    [InlineData("cpu:1,", "'' is neither")]
    [InlineData("cuda:2", "cuda:0 to cuda:1 and no cuda:2")]
    [InlineData("cuda:0,cuda:0", "names cuda:0 twice")]
    public void An_error_names_what_was_asked_and_what_is_wrong_with_it(string asked, string expected)
    {
        var error = Assert.Throws<FormatException>(() => DeviceDiscovery.Parse(asked, cores: 4, () => 2));
        Assert.Contains($"'{asked}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda")]
    [InlineData("cuda:0")]
    public void A_machine_without_cuda_says_so(string asked)
    {
        var error = Assert.Throws<FormatException>(() => DeviceDiscovery.Parse(asked, cores: 4, () => 0));
        Assert.Contains("finds no CUDA device", error.Message, StringComparison.Ordinal);
    }
}
