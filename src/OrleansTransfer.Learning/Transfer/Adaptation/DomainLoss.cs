using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>Binary cross-entropy of a discriminator that should answer source with 1 and target with 0; both domains count the same.</summary>
internal static class DomainLoss
{
    /// <summary>This rank's share of it.</summary>
    /// <param name="logits">The discriminator's answers <c>[n]</c>: the source's share, then the target's.</param>
    /// <param name="weights">Weight of each sample <c>[n]</c>, of mean 1 in each domain's global batch; null for equal ones.</param>
    public static Tensor Of(Tensor logits, StreamPass source, StreamPass target, Tensor? weights = null)
    {
        var loss = -nn.functional.logsigmoid(cat([logits.narrow(0, 0, source.Count), -logits.narrow(0, source.Count, target.Count)]));
        if (weights is not null) loss = loss * weights;
        var (ofSource, ofTarget) = (loss.narrow(0, 0, source.Count), loss.narrow(0, source.Count, target.Count));
        return ofSource.sum().Over(source.GlobalCount).Plus(ofTarget.sum().Over(target.GlobalCount)).Over(2);
    }
}
