using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// What loss terms use that look at the whole global batch and not at one sample after the other: sums and rows of all ranks, through which gradients
/// flow back to every rank. All ranks must ask for the same, in the same order. Every rank then holds the term's whole value, so its share of it is
/// <see cref="Share"/> times that.
/// </summary>
public sealed class GlobalBatch
{
    private readonly GradientExchanger? _exchanger;

    internal GlobalBatch(GradientExchanger? exchanger) => _exchanger = exchanger;

    /// <summary>A group of one.</summary>
    internal static GlobalBatch Alone { get; } = new(null);

    /// <summary>One over the number of ranks.</summary>
    public double Share => _exchanger is null ? 1 : 1.0 / _exchanger.WorldSize;

    /// <summary>The element-wise sum over all ranks of a float32 tensor of one shape.</summary>
    /// <exception cref="ExchangeAbortedException">The group broke up.</exception>
    public Tensor Sum(Tensor local) => _exchanger is null ? local
        : local.device.type == TorchSharp.DeviceType.CPU ? GlobalSum.Of(local, _exchanger)
        : GlobalSum.Of(local.cpu(), _exchanger).to(local.device);

    /// <summary>The rows <c>[N,...]</c> of the global batch, in its order, of which <paramref name="rows"/> <c>[n,...]</c> are this rank's.</summary>
    /// <param name="rows">One row per sample of this rank's share.</param>
    /// <param name="pass">The stream that they are of.</param>
    /// <exception cref="ExchangeAbortedException">The group broke up.</exception>
    public Tensor Gather(Tensor rows, StreamPass pass)
    {
        if (_exchanger is null) return rows;
        Tensor Nothing(long count) => zeros([count, .. rows.shape[1..]], rows.dtype, rows.device);
        return Sum(cat([Nothing(pass.Offset), rows, Nothing(pass.GlobalCount - pass.Offset - pass.Count)]));
    }
}
