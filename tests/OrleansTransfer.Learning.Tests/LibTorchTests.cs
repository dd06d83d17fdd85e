using OrleansTransfer.Learning.Compute;
using TorchSharp;

namespace OrleansTransfer.Learning.Tests;

public class LibTorchTests
{
    [Fact]
    public void LibTorch_loads_on_this_system()
    {
        Allocator.KeepLargeBlocks();
        using var scope = torch.NewDisposeScope();
        Assert.Equal(6f, torch.ones(2, 3).sum().ToSingle());
    }
}
