using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// BERT (Devlin et al., arXiv 1810.04805), in English or in many languages. Features are those of its pooler: a linear layer with tanh on the state
/// of the first token, [CLS], which was trained with the encoder and belongs to the last layer's stage.
/// </summary>
public sealed class Bert : TextEncoder
{
    private const double OriginalDropout = 0.1;

    private readonly Linear _pooler;

    /// <param name="architecture">The catalogue name.</param>
    /// <param name="configuration">Sizes.</param>
    /// <param name="classes">Width of the head.</param>
    /// <param name="paddingToken">Id of the token that is no text.</param>
    public Bert(string architecture, TextConfiguration configuration, int classes, int paddingToken = 0)
        : base(architecture, configuration, EncoderKeys.Bert, paddingToken, ["classifier"], classes, OriginalDropout)
    {
        _pooler = Linear(configuration.Hidden, configuration.Hidden);
        ModuleGroup.Put(this, Keys["pooler.dense"], _pooler);
        AddToLastStage(Keys["pooler"]);
    }

    /// <inheritdoc/>
    private protected override Tensor Pool(Tensor states, Tensor mask) => _pooler.call(states.select(1, 0)).tanh();
}
