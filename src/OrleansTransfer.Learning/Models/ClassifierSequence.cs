using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// A head of several linear layers, numbered as in one sequence, of which only the last depends on the labels. Calling it runs <c>[N,I]</c> up to the
/// penultimate features <c>[N,F]</c>; <see cref="Logits"/> does the rest.
/// </summary>
internal sealed class ClassifierSequence : Module<Tensor, Tensor>
{
    // The dropout and the linear layer that make logits of features.
    private const int Tail = 2;

    // A list, because fields that are modules would be registered by their own names and not by number.
    private readonly List<Module<Tensor, Tensor>> _layers;

    /// <param name="layers">The sequence; the last two are a dropout and a linear layer.</param>
    public ClassifierSequence(params IReadOnlyList<Module<Tensor, Tensor>> layers) : base(nameof(ClassifierSequence))
    {
        _layers = [.. layers];
        for (var i = 0; i < _layers.Count; i++) register_module($"{i}", _layers[i]);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Run(_layers[..^Tail], input);

    /// <summary>Logits <c>[N,K]</c> of penultimate features <c>[N,F]</c>.</summary>
    public Tensor Logits(Tensor features) => Run(_layers[^Tail..], features);

    /// <summary>
    /// Puts a linear layer of <paramref name="classes"/> outputs in the place of the last one and sets every dropout's probability.
    /// </summary>
    public void Replace(int classes, double dropout, Generator generator)
    {
        for (var i = 0; i < _layers.Count; i++)
            if (_layers[i] is SeededDropout) Put(i, new SeededDropout(dropout));
        var last = (Linear)_layers[^1];
        Put(_layers.Count - 1, Linear(last.weight!.shape[1], classes));
        Initialize((Linear)_layers[^1], generator);
    }

    /// <summary>Draws the weights of all linear layers from a normal distribution of standard deviation 0.01.</summary>
    public void Initialize(Generator generator)
    {
        foreach (var linear in _layers.OfType<Linear>()) Initialize(linear, generator);
    }

    private static void Initialize(Linear linear, Generator generator)
    {
        Initializers.Normal(linear.weight!, 0, 0.01, generator);
        Initializers.Constant(linear.bias!, 0);
    }

    private static Tensor Run(IEnumerable<Module<Tensor, Tensor>> layers, Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input;
        foreach (var layer in layers) x = layer.call(x);
        return x.MoveToOuterDisposeScope();
    }

    private void Put(int index, Module<Tensor, Tensor> next) => _layers[index] = Classifier.Replace(this, $"{index}", _layers[index], next);
}
