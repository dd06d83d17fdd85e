using OrleansTransfer.Learning.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Data;

/// <summary>Tests that count the tensors of the whole process, and so run while no other test does.</summary>
[CollectionDefinition(nameof(TensorCounting), DisableParallelization = true)]
public sealed class TensorCounting;

[Collection(nameof(TensorCounting))]
public sealed class ImageBatchStreamMemoryTests
{
    [Fact]
    public void A_hundred_batches_leave_no_tensor_behind_nor_do_those_that_no_one_took()
    {
        using var folder = new TemporaryFolder();
        var samples = Enumerable.Range(0, 12).Select(i => new ImageSample($"{i}.png", i % 3)).ToList();
        foreach (var sample in samples) folder.WritePicture(sample.Path);
        var before = Tensor.TotalCount;
        for (var round = 0; round < 5; round++)
        {
            using var stream = new ImageBatchStream(
                folder.Path, samples, Preprocessing.ImageNet.ForInputSize(14), AugmentKind.Standard, new(12, 3, 1, shuffle: true),
                rank: 0, worldSize: 1, seed: 1, new(3, 4));
            using var scope = NewDisposeScope();
            // Each round ends in a jump and with batches decoded ahead.
            for (var i = 0; i < 20; i++) stream.Take(i / 4, i % 4, TestContext.Current.CancellationToken).Dispose();
            stream.Take(9, 2, TestContext.Current.CancellationToken).Dispose();
            Assert.Equal(0, scope.DisposablesCount);
        }
        Assert.InRange(Tensor.TotalCount - before, long.MinValue, 0);
    }
}
