using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// Which tokens of the batch under way are text and not padding. The layers of an encoder look here instead of having a second input, so that each
/// is a function of one tensor, as a stage's entrance has to be.
/// </summary>
internal sealed class AttentionMask
{
    // Low enough for every score to vanish beside it, and not infinity, of which the softmax of a text without any token would make numbers that are
    // none. The lowest number itself is infinity in bfloat16.
    private const float Masked = float.MinValue / 2;

    private Tensor? _additive;

    /// <summary>What is added to attention scores <c>[N,heads,L,L]</c>: <c>[N,1,1,L]</c>, 0 for text and far below 0 for padding.</summary>
    public Tensor Additive => _additive ?? throw new InvalidOperationException("A layer of a text encoder was called outside of its encoder.");

    /// <summary>While the result lives, the batch is one whose text is where <paramref name="mask"/>, bool <c>[N,L]</c>, is true.</summary>
    public IDisposable Use(Tensor mask)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _additive = mask.logical_not().to(ScalarType.Float32).MultiplyBy(Masked).unsqueeze(1).unsqueeze(1).MoveToOuterDisposeScope();
        return new Pass(this);
    }

    private sealed class Pass(AttentionMask owner) : IDisposable
    {
        public void Dispose()
        {
            owner._additive?.Dispose();
            owner._additive = null;
        }
    }
}
