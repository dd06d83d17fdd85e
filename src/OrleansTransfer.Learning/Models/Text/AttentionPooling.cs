using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// A weighted mean of a text's words, whose weights come from the additive score <c>v·tanh(Wx + b)</c> (Bahdanau and others, arXiv 1409.0473) with
/// the same query for all texts.
/// </summary>
internal sealed class AttentionPooling : TextPooling
{
    // Far below any score, and finite: of a text without words nothing becomes not-a-number.
    private const float Excluded = -1e9f;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Linear key, score;

    public AttentionPooling(int dimensions) : base(nameof(AttentionPooling))
    {
        Width = dimensions;
        key = Linear(dimensions, dimensions);
        score = Linear(dimensions, 1, hasBias: false);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override void Initialize(Generator generator)
    {
        Initializers.Linear(key, generator);
        Initializers.Linear(score, generator);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor words, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var scores = score.call(key.call(words).tanh()).squeeze(2); // [N,L]
        var weights = scores.Masked(mask.to(ScalarType.Bool).logical_not(), Excluded).softmax(1) * mask;
        return bmm(weights.unsqueeze(1), words).squeeze(1).MoveToOuterDisposeScope();
    }
}
