using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// The largest response of each of 100 filters over 3, 4 and 5 neighbouring words (Kim, arXiv 1408.5882). A window may begin at any word of the text
/// and reach beyond its end, so that short texts have windows too.
/// </summary>
internal sealed class ConvolutionPooling : TextPooling
{
    private const int Filters = 100;

    private static readonly int[] s_spans = [3, 4, 5];

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Conv1d conv3, conv4, conv5;

    public ConvolutionPooling(int dimensions) : base(nameof(ConvolutionPooling))
    {
        conv3 = Conv1d(dimensions, Filters, s_spans[0]);
        conv4 = Conv1d(dimensions, Filters, s_spans[1]);
        conv5 = Conv1d(dimensions, Filters, s_spans[2]);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int Width => Filters * s_spans.Length;

    /// <inheritdoc/>
    public override void Initialize(Generator generator)
    {
        foreach (var convolution in new[] { conv3, conv4, conv5 })
        {
            Initializers.KaimingUniformFanIn(convolution.weight, generator);
            Initializers.Constant(convolution.bias!, 0);
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor words, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var channels = words.transpose(1, 2); // [N,D,L]
        var begins = mask.unsqueeze(1); // [N,1,L]
        var responses = new[] { conv3, conv4, conv5 }.Zip(s_spans, (convolution, span) =>
        {
            var windows = convolution.call(functional.pad(channels, [0, span - 1])); // [N,F,L]
            // Responses are not negative: a zero in the place of a window that begins in the padding is never the largest.
            return (windows.relu_() * begins).amax(2);
        });
        return cat([.. responses], 1).MoveToOuterDisposeScope();
    }
}
