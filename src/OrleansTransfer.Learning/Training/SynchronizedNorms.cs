using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// Lets BatchNorm layers normalise by mean and variance of the global batch instead of a rank's share of it (Peng and others, MegDet, arXiv 1711.07240):
/// for shares of a few samples, whose own statistics say little. Counts, means and sums of squared deviations of all ranks are gathered in one exchange and
/// merged by Chan's formula, which does not cancel as a difference of squares would.
/// </summary>
internal sealed class SynchronizedNorms : IDisposable
{
    private readonly List<Action> _unhook = [];

    /// <summary>Watches <paramref name="layers"/>; they normalise as they always do until <see cref="Exchanger"/> is set.</summary>
    public SynchronizedNorms(IEnumerable<BatchNorm> layers)
    {
        foreach (var layer in layers)
        {
            var norm = (nn.Module<Tensor, Tensor>)layer;
            var switched = false;
            var before = norm.register_forward_pre_hook((_, input) =>
            {
                // The layer's own pass comes to nothing: in evaluation mode it leaves its statistics alone.
                switched = Exchanger is not null && layer.training;
                if (switched) layer.eval();
                return input;
            });
            var after = norm.register_forward_hook((_, input, output) =>
            {
                if (!switched) return output;
                layer.train();
                return Normalise(layer, input, Exchanger!);
            });
            _unhook.Add(before.remove);
            _unhook.Add(after.remove);
        }
    }

    /// <summary>Carries out the sums; null where there is one rank.</summary>
    public GradientExchanger? Exchanger { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var remove in _unhook) remove();
    }

    // input [n,C,...]
    private static Tensor Normalise(BatchNorm layer, Tensor input, GradientExchanger exchanger)
    {
        using var scope = NewDisposeScope();
        var channels = input.shape[1];
        var dimensions = Enumerable.Range(0, input.shape.Length).Where(dimension => dimension != 1).Select(dimension => (long)dimension).ToArray();
        var shape = input.shape.Select((_, dimension) => dimension == 1 ? channels : 1).ToArray();
        double count = input.numel() / channels;

        var mean = input.mean(dimensions);
        var deviations = (input - mean.view(shape)).Squared().sum(dimensions);
        var own = cat([zeros(1, device: input.device).FillWith(count), mean, deviations]).unsqueeze(0); // [1,1+2C]
        var rows = Enumerable.Range(0, exchanger.WorldSize).Select(rank => rank == exchanger.Rank ? own : zeros_like(own).detach());
        var all = GlobalSum.Of(cat([.. rows]), exchanger); // [ranks,1+2C]
        var (counts, means, squares) = (all.narrow(1, 0, 1), all.narrow(1, 1, channels), all.narrow(1, 1 + channels, channels));

        var total = counts.sum().item<float>();
        var globalMean = (means * counts).sum([0L]).Over(total); // [C]
        var variance = squares.Plus((means - globalMean).Squared() * counts).sum([0L]).Over(total);
        Follow(layer, globalMean, variance.Times(total / Math.Max(1, total - 1)));

        var scale = variance.Plus(layer.eps).rsqrt();
        var shift = -globalMean * scale;
        if (layer.affine) (scale, shift) = (scale * layer.weight!, (shift * layer.weight!).Plus(layer.bias!));
        return (input * scale.view(shape)).Plus(shift.view(shape)).MoveToOuterDisposeScope();
    }

    private static void Follow(BatchNorm layer, Tensor mean, Tensor unbiasedVariance)
    {
        if (!layer.track_running_stats) return;
        using var noGrad = no_grad();
        layer.num_batches_tracked!.CountUp();
        var momentum = layer.momentum ?? 1.0 / layer.num_batches_tracked!.item<long>();
        layer.running_mean!.lerp_(mean, momentum);
        layer.running_var!.lerp_(unbiasedVariance, momentum);
    }
}
