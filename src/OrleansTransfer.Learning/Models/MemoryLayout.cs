using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// In which order the numbers of a batch <c>[N,C,H,W]</c> lie in memory. Layers give their output in the layout of their input, so it is chosen once,
/// where a batch enters a network.
/// </summary>
internal static class MemoryLayout
{
    /// <summary>
    /// The batch with channels last in memory where that computes faster, which is on CPUs: their convolutions work on all channels of a pixel at
    /// once. The shape stays as it is, and so does the layout on machines where the convolutions are not sound (<see cref="ProcessorCaches"/>).
    /// </summary>
    public static Tensor Arrange(Tensor batch)
    {
        if (batch.device_type != DeviceType.CPU || !ProcessorCaches.AreKnown) return batch;
        using var scope = NewDisposeScope();
        return batch.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
