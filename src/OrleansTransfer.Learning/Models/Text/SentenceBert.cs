using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// A BERT that was trained to give whole texts a vector, as multilingual E5 (Wang et al., arXiv 2402.05672): features are the mean state of the
/// text's tokens, scaled to length 1. Keys have no prefix.
/// </summary>
public sealed class SentenceBert : TextEncoder
{
    private const double OriginalDropout = 0.1;

    /// <inheritdoc cref="Bert(string, TextConfiguration, int, int)"/>
    public SentenceBert(string architecture, TextConfiguration configuration, int classes, int paddingToken = 1)
        : base(architecture, configuration, EncoderKeys.Bert with { Prefix = "" }, paddingToken, ["classifier"], classes, OriginalDropout)
    {
    }

    /// <inheritdoc/>
    private protected override Tensor Pool(Tensor states, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var weights = mask.to(states.dtype).unsqueeze(2); // [N,L,1]
        // A text without any token has no mean; its features are 0.
        var mean = (states * weights).sum(1) / weights.sum(1).AtLeast(1);
        return functional.normalize(mean, 2, 1).MoveToOuterDisposeScope();
    }
}
