using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>The mean of a text's words, as in deep averaging networks (Iyyer and others, ACL 2015).</summary>
internal sealed class MeanPooling(int dimensions) : TextPooling(nameof(MeanPooling))
{
    /// <inheritdoc/>
    public override int Width => dimensions;

    /// <inheritdoc/>
    public override void Initialize(Generator generator)
    {
        // There is nothing to learn.
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor words, Tensor mask) => Mean(words, mask);
}
