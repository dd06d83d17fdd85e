namespace OrleansTransfer.Learning.Models.Text;

/// <summary>How a public encoder's texts become token ids.</summary>
public enum TokenizerKind
{
    /// <summary>WordPiece with a <c>vocab.txt</c>, in the text's own case.</summary>
    WordPieceCased,

    /// <summary>WordPiece with a <c>vocab.txt</c>, in lower case and without accents.</summary>
    WordPieceUncased,

    /// <summary>SentencePiece with a <c>.model</c>, whose ids are shifted as in XLM-RoBERTa.</summary>
    SentencePiece,
}

/// <summary>A line of the catalogue: a text encoder that a recipe can name.</summary>
/// <param name="Name">The name in recipes, as the origin spells it.</param>
/// <param name="Repository">Where its public weights, tokenizer and configuration are: a repository of Hugging Face, <c>owner/name</c>.</param>
/// <param name="ModelType">What the <c>config.json</c> of its family says it is, for instance <c>xlm-roberta</c>.</param>
/// <param name="Configuration">Its sizes.</param>
/// <param name="Tokenizer">What makes token ids of texts.</param>
/// <param name="TextPrefix">What it was trained to see in front of every text; empty for most.</param>
/// <param name="BackboneParameters">Numbers in all that the public weights give, without a head.</param>
/// <param name="CreateSized">Makes a network of the architecture in other sizes, with a head of the given width.</param>
public sealed record TextBackbone(
    string Name, string Repository, string ModelType, TextConfiguration Configuration, TokenizerKind Tokenizer, string TextPrefix,
    long BackboneParameters, Func<TextConfiguration, int, TextEncoder> CreateSized)
{
    // Positions of XLM-RoBERTa count from behind its padding token's id.
    private const int UnusedPositions = 2;

    /// <summary>The longest text, in tokens with the special ones.</summary>
    public int MaximumTokens => Configuration.Positions - (ModelType == "xlm-roberta" ? UnusedPositions : 0);

    /// <summary>
    /// Makes the network with a head of the given width; weights are uninitialised until loaded or <see cref="Classifier.Initialize"/> is called.
    /// </summary>
    public TextEncoder Create(int classes) => CreateSized(Configuration, classes);
}
