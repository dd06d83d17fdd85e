using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// A row of numbers for each id: int64 <c>[...]</c> to <c>[...,H]</c>. Unlike the stock module it draws nothing when it is made, which for a
/// quarter of a million tokens takes seconds and is thrown away when weights are loaded.
/// </summary>
internal sealed class EmbeddingTable : nn.Module<Tensor, Tensor>
{
    // Named as the key of the state dict.
    private readonly Parameter weight;

    public EmbeddingTable(int rows, int width) : base(nameof(EmbeddingTable))
    {
        weight = new Parameter(empty(rows, width));
        RegisterComponents();
    }

    /// <summary><c>[rows,H]</c>.</summary>
    public Tensor Weight => weight;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, input.reshape(-1)).view([.. input.shape, weight.shape[1]]).MoveToOuterDisposeScope();
    }
}
