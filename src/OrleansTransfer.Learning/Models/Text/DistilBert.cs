using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// DistilBERT (Sanh et al., arXiv 1910.01108). Its head has a layer of the encoder's width between the first token's state and the last linear layer;
/// public weights lack both.
/// </summary>
public sealed class DistilBert : TextEncoder
{
    private const double OriginalDropout = 0.2;
    private const string Hidden = "pre_classifier";

    private readonly Linear _hidden;

    /// <inheritdoc cref="Bert(string, TextConfiguration, int, int)"/>
    public DistilBert(string architecture, TextConfiguration configuration, int classes, int paddingToken = 0)
        : base(architecture, configuration, EncoderKeys.DistilBert, paddingToken, [Hidden, "classifier"], classes, OriginalDropout)
    {
        _hidden = Linear(configuration.Hidden, configuration.Hidden);
        ModuleGroup.Put(this, Hidden, _hidden);
    }

    /// <inheritdoc/>
    private protected override Tensor Pool(Tensor states, Tensor mask) => states.select(1, 0);

    /// <inheritdoc/>
    private protected override Tensor FeaturesOf(Tensor pooled) => _hidden.call(pooled).relu();

    /// <inheritdoc/>
    private protected override void InitializeHead(Generator generator)
    {
        Draw(_hidden, generator);
        base.InitializeHead(generator);
    }
}
