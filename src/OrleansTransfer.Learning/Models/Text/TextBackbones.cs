namespace OrleansTransfer.Learning.Models.Text;

/// <summary>The catalogue of text encoders that a recipe can name. Each architecture is held to its published description by a parity test.</summary>
public static class TextBackbones
{
    /// <summary>Every text encoder, by size.</summary>
    public static IReadOnlyList<TextBackbone> All { get; } =
    [
        Line("bert-base-uncased", "google-bert", "bert", TextConfiguration.BertBaseUncased, TokenizerKind.WordPieceUncased, 109_482_240,
            (name, sizes, classes) => new Bert(name, sizes, classes)),
        Line("multilingual-e5-small", "intfloat", "bert", TextConfiguration.MultilingualE5Small, TokenizerKind.SentencePiece, 117_505_920,
            (name, sizes, classes) => new SentenceBert(name, sizes, classes), "query: "),
        Line("distilbert-base-multilingual-cased", "distilbert", "distilbert", TextConfiguration.DistilBertBaseMultilingualCased,
            TokenizerKind.WordPieceCased, 134_734_080, (name, sizes, classes) => new DistilBert(name, sizes, classes)),
        Line("bert-base-multilingual-cased", "google-bert", "bert", TextConfiguration.BertBaseMultilingualCased, TokenizerKind.WordPieceCased,
            177_853_440, (name, sizes, classes) => new Bert(name, sizes, classes)),
        Line("xlm-roberta-base", "FacebookAI", "xlm-roberta", TextConfiguration.XlmRobertaBase, TokenizerKind.SentencePiece, 277_453_056,
            (name, sizes, classes) => new XlmRoberta(name, sizes, classes)),
    ];

    /// <summary>The names, in the order of <see cref="All"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(backbone => backbone.Name)];

    /// <summary>The text encoder of that name, in exact spelling.</summary>
    /// <exception cref="LearningException">There is none; names the nearest.</exception>
    public static TextBackbone Get(string name)
    {
        foreach (var backbone in All) if (backbone.Name == name) return backbone;
        var meant = NearestName.Of(name, Names) is { } nearest ? $"did you mean '{nearest}'? " : "";
        throw new LearningException($"There is no text encoder '{name}'; {meant}Known are {string.Join(", ", Names)}.");
    }

    private static TextBackbone Line(
        string name, string owner, string modelType, TextConfiguration sizes, TokenizerKind tokenizer, long parameters,
        Func<string, TextConfiguration, int, TextEncoder> create, string textPrefix = "") =>
        new(name, $"{owner}/{name}", modelType, sizes, tokenizer, textPrefix, parameters, (other, classes) => create(name, other, classes));
}
