using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>How the vectors of a text's words become one vector of the text.</summary>
public enum TextPoolingKind
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their mean with learned weights (<see cref="AttentionPooling"/>).</summary>
    Attention,

    /// <summary>The strongest response of filters over neighbouring words (<see cref="ConvolutionPooling"/>).</summary>
    Convolution,

    /// <summary>The mean after a layer in which words look at each other (<see cref="TransformerPooling"/>).</summary>
    Transformer,
}

/// <summary>
/// Makes one vector <c>[N,W]</c> of words <c>[N,L,D]</c> and their mask <c>[N,L]</c>, 1 for a word and 0 for padding, both float32. Padding has zero
/// vectors and never changes the result; a text without words gives zeros.
/// </summary>
internal abstract class TextPooling(string name) : nn.Module<Tensor, Tensor, Tensor>(name)
{
    /// <summary>W.</summary>
    public abstract int Width { get; }

    /// <summary>Draws all weights anew.</summary>
    public abstract void Initialize(Generator generator);

    /// <summary>The pooling of a kind for words of <paramref name="dimensions"/> numbers.</summary>
    public static TextPooling Of(TextPoolingKind kind, int dimensions) => kind switch
    {
        TextPoolingKind.Mean => new MeanPooling(dimensions),
        TextPoolingKind.Attention => new AttentionPooling(dimensions),
        TextPoolingKind.Convolution => new ConvolutionPooling(dimensions),
        TextPoolingKind.Transformer => new TransformerPooling(dimensions),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such pooling."),
    };

    /// <summary>Mean over the words of each text; zeros where there are none.</summary>
    protected static Tensor Mean(Tensor words, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var sum = (words * mask.unsqueeze(2)).sum(1);
        return sum.div_(mask.sum(1, keepdim: true).AtLeast(1)).MoveToOuterDisposeScope();
    }
}
