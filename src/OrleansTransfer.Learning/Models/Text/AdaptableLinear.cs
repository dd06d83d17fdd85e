using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// A linear layer <c>[...,I]</c> to <c>[...,O]</c> under the keys of PyTorch's own, which can carry a low-rank update beside its weight.
/// </summary>
internal sealed class AdaptableLinear : nn.Module<Tensor, Tensor>
{
    private const string UpdateName = "lora";

    private LowRankUpdate? _update;

    // Fields are named as the keys of the state dict.
    private readonly Parameter weight, bias;

    public AdaptableLinear(int inputs, int outputs) : base(nameof(AdaptableLinear))
    {
        weight = new Parameter(empty(outputs, inputs));
        bias = new Parameter(empty(outputs));
        RegisterComponents();
    }

    /// <summary><c>[O,I]</c>.</summary>
    public Tensor Weight => weight;

    /// <summary><c>[O]</c>.</summary>
    public Tensor Bias => bias;

    /// <summary>Whether <paramref name="key"/> is that of a tensor of an update.</summary>
    public static bool IsUpdate(string key) => key.Contains($".{UpdateName}.", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (_update is null) return nn.functional.linear(input, weight, bias);

        using var scope = NewDisposeScope();
        return nn.functional.linear(input, weight, bias).Plus(_update.call(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Adds an update that changes nothing until it is trained.</summary>
    public void Adapt(LowRank lowRank, Generator generator)
    {
        if (_update is not null) throw new InvalidOperationException("The layer has a low-rank update already.");
        _update = new LowRankUpdate(lowRank, weight, generator);
        _update.train(training);
        register_module(UpdateName, _update);
    }

    /// <summary>A copy of the weight <c>[O,I]</c> that does the update's work as well.</summary>
    public Tensor MergedWeight()
    {
        var merged = weight.detach().clone();
        _update?.AddTo(merged);
        return merged;
    }

    /// <summary>Makes the update part of the weight and takes it away; does nothing where there is none.</summary>
    public void Merge()
    {
        if (_update is null) return;
        _update.AddTo(weight);
        register_module(UpdateName, null!);
        _update.Dispose();
        _update = null;
    }
}
