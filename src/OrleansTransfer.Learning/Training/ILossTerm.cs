using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>A term of the loss: a function of the network's outputs on one or more batch streams.</summary>
public interface ILossTerm
{
    /// <summary>For reports, for instance <c>cross-entropy</c>.</summary>
    string Name { get; }

    /// <summary>Names of the streams that the term looks at. On a rank whose share of one of them is empty, the term counts as 0.</summary>
    IReadOnlyList<string> Streams { get; }

    /// <summary>
    /// Whether the term asks the other ranks for their rows, through <see cref="LossContext.Whole"/>: then every rank computes it, with or without
    /// samples, and a share is never computed in parts.
    /// </summary>
    bool NeedsWholeBatch => false;

    /// <summary>
    /// This rank's share of the term, a scalar: the sum of the shares over all ranks is the term's value for the global batch, however it is split.
    /// So a mean is a local sum divided by <see cref="StreamPass.GlobalCount"/>.
    /// </summary>
    Tensor Compute(LossContext context);
}

/// <summary>A term and its factor in the sum that is minimised.</summary>
public sealed record WeightedLoss(ILossTerm Term, double Weight = 1);
