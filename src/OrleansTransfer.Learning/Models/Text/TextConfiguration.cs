namespace OrleansTransfer.Learning.Models.Text;

/// <summary>The sizes of a text encoder: a stack of transformer layers over embedded tokens.</summary>
/// <param name="Layers">Transformer layers.</param>
/// <param name="Hidden">Width H of a token's state.</param>
/// <param name="Heads">Attention heads; they share H evenly.</param>
/// <param name="Inner">Width of the feed-forward network between its two linear layers.</param>
/// <param name="Vocabulary">Rows of the token embedding: token ids are below it.</param>
/// <param name="Positions">Rows of the position embedding.</param>
/// <param name="TokenTypes">Rows of the token-type embedding, of which single texts use the first; 0 where there is none.</param>
/// <param name="NormEpsilon">What LayerNorm adds to the variance.</param>
public sealed record TextConfiguration(
    int Layers, int Hidden, int Heads, int Inner, int Vocabulary, int Positions, int TokenTypes, double NormEpsilon)
{
    /// <summary>BERT's base size for English in lower case.</summary>
    public static TextConfiguration BertBaseUncased { get; } = new(12, 768, 12, 3072, 30_522, 512, 2, 1e-12);

    /// <summary>BERT's base size for 104 languages.</summary>
    public static TextConfiguration BertBaseMultilingualCased { get; } = BertBaseUncased with { Vocabulary = 119_547 };

    /// <summary>Half the layers of multilingual BERT, distilled from it.</summary>
    public static TextConfiguration DistilBertBaseMultilingualCased { get; } = BertBaseMultilingualCased with { Layers = 6, TokenTypes = 0 };

    /// <summary>XLM-RoBERTa's base size. Two of its positions are never used.</summary>
    public static TextConfiguration XlmRobertaBase { get; } = new(12, 768, 12, 3072, 250_002, 514, 1, 1e-5);

    /// <summary>The small one of the multilingual E5 encoders. It has 35 more rows than its tokenizer has tokens.</summary>
    public static TextConfiguration MultilingualE5Small { get; } = new(12, 384, 12, 1536, 250_037, 512, 2, 1e-12);

    /// <summary>
    /// Probability of the dropouts within the encoder: behind the embeddings, on attention weights, and behind both halves of each layer.
    /// </summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Width of one head.</summary>
    public int HeadWidth => Hidden / Heads;

    /// <summary>Numbers in the embeddings and the layers, without pooler and head.</summary>
    public long Parameters
    {
        get
        {
            long h = Hidden, inner = Inner, norm = 2 * h;
            var embeddings = (Vocabulary + Positions + TokenTypes) * h + norm;
            var attention = 4 * (h * h + h);
            var feedForward = h * inner + inner + inner * h + h;
            return embeddings + Layers * (attention + feedForward + 2 * norm);
        }
    }

    /// <summary>This record, after a look at whether a network can be made of it.</summary>
    /// <exception cref="ArgumentException">The heads do not share the width evenly, or a size is below 1.</exception>
    internal TextConfiguration Checked()
    {
        if (Layers < 1 || Heads < 1 || Inner < 1 || Vocabulary < 1 || Positions < 1 || TokenTypes < 0)
            throw new ArgumentException($"A size of the text encoder is too small: {this}.");
        return Hidden > 0 && Hidden % Heads == 0
            ? this
            : throw new ArgumentException($"A width of {Hidden} cannot be shared evenly by {Heads} attention heads.");
    }
}
