using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>
/// What enters the first layer: the sum of a token's embedding, its position's and that of token type 0, normalised. Token ids <c>[N,L]</c> to states
/// <c>[N,L,H]</c>.
/// </summary>
internal sealed class TextEmbeddings : nn.Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor> _positions;

    // Fields are named as the keys of the state dict.
    private readonly EmbeddingTable word_embeddings, position_embeddings;
    private readonly EmbeddingTable? token_type_embeddings;
    private readonly LayerNorm LayerNorm;
    private readonly SeededDropout dropout;

    /// <param name="configuration">The encoder's sizes.</param>
    /// <param name="positions">Rows of the position embedding, int64 and broadcastable to <c>[N,L]</c>, for token ids <c>[N,L]</c>.</param>
    public TextEmbeddings(TextConfiguration configuration, Func<Tensor, Tensor> positions) : base(nameof(TextEmbeddings))
    {
        _positions = positions;
        word_embeddings = new(configuration.Vocabulary, configuration.Hidden);
        position_embeddings = new(configuration.Positions, configuration.Hidden);
        if (configuration.TokenTypes > 0) token_type_embeddings = new(configuration.TokenTypes, configuration.Hidden);
        LayerNorm = nn.LayerNorm(configuration.Hidden, configuration.NormEpsilon);
        dropout = new(configuration.Dropout);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var sum = word_embeddings.call(input).Plus(position_embeddings.call(_positions(input)));
        if (token_type_embeddings is not null) sum = sum.Plus(token_type_embeddings.Weight.select(0, 0));
        return dropout.call(LayerNorm.call(sum)).MoveToOuterDisposeScope();
    }
}
