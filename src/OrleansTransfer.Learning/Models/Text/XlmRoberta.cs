using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// XLM-RoBERTa (Conneau et al., arXiv 1911.02116). Positions count from the one behind the padding token's id, and its head has a layer of the
/// encoder's width with tanh between the first token's state and the last linear layer; public weights lack both.
/// </summary>
public sealed class XlmRoberta : TextEncoder
{
    private const double OriginalDropout = 0.1;
    private const string Hidden = "classifier.dense", HiddenDropoutName = "hidden_dropout";

    private readonly Linear _hidden;
    private SeededDropout _hiddenDropout;

    /// <inheritdoc cref="Bert(string, TextConfiguration, int, int)"/>
    public XlmRoberta(string architecture, TextConfiguration configuration, int classes, int paddingToken = 1)
        : base(architecture, configuration, EncoderKeys.XlmRoberta, paddingToken, [Hidden, "classifier.out_proj"], classes, OriginalDropout)
    {
        _hidden = Linear(configuration.Hidden, configuration.Hidden);
        ModuleGroup.Put(this, Hidden, _hidden);
        _hiddenDropout = new SeededDropout(OriginalDropout);
        register_module(HiddenDropoutName, _hiddenDropout);
    }

    /// <inheritdoc/>
    public override int MaximumTokens => Configuration.Positions - PaddingToken - 1;

    /// <inheritdoc/>
    /// <remarks>The original drops out twice; <paramref name="dropout"/> stands for both.</remarks>
    public override void ReplaceHead(int classes, double dropout, long seed)
    {
        _hiddenDropout = Replace(this, HiddenDropoutName, _hiddenDropout, new SeededDropout(dropout));
        base.ReplaceHead(classes, dropout, seed);
    }

    /// <inheritdoc/>
    private protected override Tensor Pool(Tensor states, Tensor mask) => states.select(1, 0);

    /// <inheritdoc/>
    private protected override Tensor FeaturesOf(Tensor pooled) => _hidden.call(_hiddenDropout.call(pooled)).tanh();

    // Padding has the padding token's own number as its position, as in the origin.
    private protected override Tensor Positions(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var text = tokens.IsNot(PaddingToken).to(ScalarType.Int64);
        return (text.cumsum(1) * text).PlusWhole(PaddingToken).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    private protected override void InitializeHead(Generator generator)
    {
        Draw(_hidden, generator);
        base.InitializeHead(generator);
    }
}
