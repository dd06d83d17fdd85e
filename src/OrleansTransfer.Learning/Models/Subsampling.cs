using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// What makes an unstrided 1x1 convolution a strided one: it sees only every stride-th pixel. The two-step form is exact, and it keeps clear of
/// oneDNN (in libtorch 2.10), which divides by zero while it plans the backward pass of the strided form with 512 channels and more: that kills the
/// process.
/// </summary>
internal static class Subsampling
{
    /// <summary>A view <c>[N,C,H/stride,W/stride]</c> (rounded up) of an input <c>[N,C,H,W]</c>.</summary>
    public static Tensor Every(int stride, Tensor input) =>
        stride == 1 ? input : input.slice(2, 0, input.shape[2], stride).slice(3, 0, input.shape[3], stride);
}
