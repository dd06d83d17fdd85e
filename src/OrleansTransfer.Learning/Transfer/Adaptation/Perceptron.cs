using OrleansTransfer.Learning.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>Linear layers <c>[n,I]</c> to <c>[n,O]</c> with ReLU between them: discriminators and second classifiers.</summary>
internal sealed class Perceptron : nn.Module<Tensor, Tensor>
{
    private readonly List<Linear> _layers = [];

    /// <param name="seed">Source of the initial weights.</param>
    /// <param name="widths">Of the input, the hidden layers and the output.</param>
    public Perceptron(long seed, params ReadOnlySpan<int> widths) : base(nameof(Perceptron))
    {
        using var generator = new Generator((ulong)seed);
        for (var i = 0; i + 1 < widths.Length; i++)
        {
            var layer = nn.Linear(widths[i], widths[i + 1]);
            Initializers.Linear(layer, generator);
            register_module($"{i}", layer);
            _layers.Add(layer);
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input;
        for (var i = 0; i < _layers.Count; i++) x = i == 0 ? _layers[i].call(x) : _layers[i].call(x.relu());
        return x.MoveToOuterDisposeScope();
    }
}
