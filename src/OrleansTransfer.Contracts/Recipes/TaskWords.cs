namespace OrleansTransfer.Contracts.Recipes;

/// <summary>The words that recipes have for tasks.</summary>
public static class TaskWords
{
    /// <summary>Values of <see cref="LowRankRecipe.Targets"/>: projections of the attention, and both layers of the feed-forward network.</summary>
    public static IReadOnlyList<string> LowRankTargets { get; } = ["query", "key", "value", "output", "feed-forward"];

    /// <summary>Pictures that have a label each.</summary>
    public const string Images = "image-classification";

    /// <summary>Texts that have a label each.</summary>
    public const string Texts = "text-classification";

    /// <summary>The backbone of texts that looks words up in tables of vectors.</summary>
    public const string WordVectors = "word-vectors";

    /// <summary>The backbones of texts that are pretrained encoders.</summary>
    public static IReadOnlyList<string> Encoders { get; } =
    [
        "bert-base-uncased", "multilingual-e5-small", "distilbert-base-multilingual-cased", "bert-base-multilingual-cased", "xlm-roberta-base",
    ];
}
