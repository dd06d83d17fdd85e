using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.KeyMaps;

/// <summary>
/// The scale of a BatchNorm whose epsilon is changed, such that in evaluation it computes what it did: <c>scale' / sqrt(variance + to)</c> equals
/// <c>scale / sqrt(variance + from)</c>. In training, which normalises by the batch's own variance, the epsilons' difference remains.
/// </summary>
internal static class NormScale
{
    /// <summary>The new scale <c>[C]</c> in the type of <paramref name="scale"/>, computed in float64. The caller owns it.</summary>
    public static Tensor Fold(Tensor scale, Tensor variance, double from, double to)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var exact = variance.to(ScalarType.Float64);
        var factor = (exact.Plus(to) / exact.Plus(from)).sqrt();
        return (scale.to(ScalarType.Float64) * factor).to(scale.dtype).MoveToOuterDisposeScope();
    }
}
