using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>What a low-rank update adds to the output of the linear layer beside it: <c>[...,I]</c> to <c>[...,O]</c> by way of the rank.</summary>
internal sealed class LowRankUpdate : nn.Module<Tensor, Tensor>
{
    private readonly double _scale;

    // Null without dropout: it would take a place among the network's others, and change their masks.
    private readonly SeededDropout? _dropout;

    // Fields are named as the keys of the state dict: [rank,I] and [O,rank].
    private readonly Parameter A, B;

    /// <summary>An update that as long as it is not trained adds nothing: A is drawn and B is 0 (section 4.1 of the paper).</summary>
    public LowRankUpdate(LowRank lowRank, Tensor weight, Generator generator) : base(nameof(LowRankUpdate))
    {
        _scale = lowRank.Scale;
        var (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        // A parameter made within a dispose scope would end with it.
        A = new Parameter(empty(lowRank.Rank, inputs, device: weight.device));
        B = new Parameter(empty(outputs, lowRank.Rank, device: weight.device));
        A.DetachFromDisposeScope();
        B.DetachFromDisposeScope();
        Initializers.Uniform(A, 1 / Math.Sqrt(inputs), generator);
        Initializers.Constant(B, 0);
        RegisterComponents();
        if (lowRank.Dropout > 0) register_module("dropout", _dropout = new SeededDropout(lowRank.Dropout));
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var seen = _dropout is null ? input : _dropout.call(input);
        return nn.functional.linear(nn.functional.linear(seen, A), B).Times(_scale).MoveToOuterDisposeScope();
    }

    /// <summary>Adds to <paramref name="weight"/>, <c>[O,I]</c>, what makes it do the update's work as well.</summary>
    public void AddTo(Tensor weight)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        weight.AddMultiple(B.mm(A), _scale);
    }
}
