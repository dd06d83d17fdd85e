using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// The training loss of the epoch under way, equal on every rank. It belongs to the replica, not to the loop, so that an epoch in which the group
/// changed, or which was resumed, has its loss like any other.
/// </summary>
internal sealed class EpochLoss
{
    private double _sum;
    private long _samples;

    /// <summary>Counts a step.</summary>
    /// <param name="loss">Mean over the step's global batch, in nats.</param>
    /// <param name="samples">Samples in it.</param>
    public void Add(double loss, int samples)
    {
        _sum += loss * samples;
        _samples += samples;
    }

    /// <summary>Mean of the step losses since the epoch began, weighted by samples; the next epoch begins.</summary>
    public double Take()
    {
        var mean = _sum / _samples;
        (_sum, _samples) = (0, 0);
        return mean;
    }

    /// <summary>Sum and samples, float64 <c>[2]</c> on the CPU. The caller disposes it.</summary>
    public Tensor Export() => tensor([_sum, (double)_samples], ScalarType.Float64).DetachFromDisposeScope();

    /// <summary>Takes over what <see cref="Export"/> gave.</summary>
    /// <exception cref="LearningException">The tensor has another shape or type.</exception>
    public void Import(Tensor state)
    {
        if (state.dtype != ScalarType.Float64 || state.shape is not [2])
            throw new LearningException(
                $"The checkpoint's loss of the epoch is {state.dtype} [{string.Join(", ", state.shape)}]; expected Float64 [2].");
        var values = state.data<double>().ToArray();
        (_sum, _samples) = (values[0], (long)values[1]);
    }
}
