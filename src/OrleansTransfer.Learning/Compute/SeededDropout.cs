using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Compute;

/// <summary>
/// Dropout whose masks are a pure function of the seed given for the step. The stock module draws from a process-wide generator, which several
/// replicas in one process would share in an order that no one controls.
/// </summary>
/// <param name="probability">Probability that an element is zeroed, 0 to 1 (exclusive).</param>
/// <param name="wholeChannels">Whether whole channels of <c>[N,C,...]</c> are zeroed (Tompson and others, arXiv 1411.4280).</param>
public sealed class SeededDropout(double probability, bool wholeChannels = false) : nn.Module<Tensor, Tensor>(nameof(SeededDropout))
{
    private long _seed;

    /// <summary>Probability that an element is zeroed, 0 to 1 (exclusive).</summary>
    public double Probability { get; } = probability is >= 0 and < 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A dropout probability is at least 0 and below 1.");

    /// <summary>Sets the seed of the next training forward pass: call it once per step with a value that no other step or rank uses.</summary>
    public void Reseed(long seed) => _seed = seed;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (!training || Probability == 0) return input.alias();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)_seed, input.device);
        var keep = 1 - Probability;
        using Scalar divisor = keep; // alive until it is read: see TensorArithmetic
        var places = wholeChannels
            ? zeros([input.shape[0], input.shape[1], .. input.shape[2..].Select(_ => 1L)], input.dtype, input.device)
            : zeros_like(input);
        var mask = places.bernoulli_(keep, generator).div_(divisor);
        return (input * mask).MoveToOuterDisposeScope();
    }
}
