using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// The mean of a text's words after one layer of self-attention and one of two linear maps (Vaswani and others, arXiv 1706.03762), normalised before
/// each as in Xiong and others (arXiv 2002.04745). Positions are the paper's sines, on a scale that is learned: word vectors are much shorter or
/// longer than those.
/// </summary>
internal sealed class TransformerPooling : TextPooling
{
    private const int MostHeads = 4, Expansion = 2;
    private const double FirstPositionScale = 0.1, Wavelength = 10_000;

    private readonly int _heads;

    // Fields of modules are named as the keys of the state dict: TorchSharp derives the one from the other.
    private readonly Parameter positions;
    private readonly LayerNorm norm1, norm2;
    private readonly Linear query, key, value, output, linear1, linear2;

    public TransformerPooling(int dimensions) : base(nameof(TransformerPooling))
    {
        Width = dimensions;
        _heads = Enumerable.Range(1, MostHeads).Last(heads => dimensions % heads == 0);
        positions = Parameter(empty(1).FillWith(FirstPositionScale));
        norm1 = LayerNorm(dimensions);
        norm2 = LayerNorm(dimensions);
        query = Linear(dimensions, dimensions);
        key = Linear(dimensions, dimensions);
        value = Linear(dimensions, dimensions);
        output = Linear(dimensions, dimensions);
        linear1 = Linear(dimensions, Expansion * dimensions);
        linear2 = Linear(Expansion * dimensions, dimensions);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override void Initialize(Generator generator)
    {
        Initializers.Constant(positions, FirstPositionScale);
        foreach (var norm in new[] { norm1, norm2 })
        {
            Initializers.Constant(norm.weight!, 1);
            Initializers.Constant(norm.bias!, 0);
        }
        foreach (var linear in new[] { query, key, value, output, linear1, linear2 }) Initializers.Linear(linear, generator);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor words, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var x = words.Plus(Sines(words.shape[1], words.device) * positions);
        x = x.Plus(Attention(norm1.call(x), mask));
        x = x.Plus(linear2.call(functional.gelu(linear1.call(norm2.call(x)))));
        return Mean(x, mask).MoveToOuterDisposeScope();
    }

    private Tensor Attention(Tensor x, Tensor mask)
    {
        // A text without words looks at its padding: at nothing at all, its weights would be 0 / 0. The mean leaves it out.
        var seen = mask.to(ScalarType.Bool).logical_or(mask.sum(1, keepdim: true).to(ScalarType.Bool).logical_not()); // [N,L]
        var mixed = functional.scaled_dot_product_attention(
            Heads(query), Heads(key), Heads(value), seen.unsqueeze(1).unsqueeze(1).expand(-1, _heads, x.shape[1], -1));
        return output.call(mixed.transpose(1, 2).reshape(x.shape));

        // [N,heads,L,D/heads]
        Tensor Heads(Linear map) => map.call(x).view(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);
    }

    // [L,D]: sines in the first half, cosines in the second.
    private Tensor Sines(long length, Device device)
    {
        var half = (Width + 1) / 2;
        var frequencies = pow(Wavelength, TensorArithmetic.UpTo(half, device).to(ScalarType.Float32).Over(-half));
        var angles = TensorArithmetic.UpTo(length, device).to(ScalarType.Float32).unsqueeze(1) * frequencies;
        return cat([angles.sin(), angles.cos()], 1).narrow(1, 0, Width);
    }
}
