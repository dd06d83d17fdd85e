using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Learning;

namespace OrleansTransfer.Cluster.Tests.Workers;

public class ReplicaMemoryTests
{
    [Fact]
    public void A_frozen_backbone_needs_its_weights_and_their_copy_only() => Assert.Equal(8_000_000, ReplicaMemory.BytesFor(1_000_000, 0));

    [Fact]
    public void Training_adds_gradients_moments_and_their_copy() => Assert.Equal(28_000_000, ReplicaMemory.BytesFor(1_000_000, 1_000_000));

    [Fact]
    public void What_cannot_fit_is_refused_with_both_figures()
    {
        ReplicaMemory.Check("vgg19", 140_000_000, 140_000_000, available: 4_000_000_000);
        var error = Assert.Throws<LearningException>(() => ReplicaMemory.Check("vgg19", 140_000_000, 140_000_000, available: 3_000_000_000));
        Assert.Contains("vgg19 needs 3.9 GB", error.Message);
        Assert.Contains("has 3.0 GB", error.Message);
    }
}
