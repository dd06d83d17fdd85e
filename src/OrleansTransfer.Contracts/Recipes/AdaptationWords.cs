namespace OrleansTransfer.Contracts.Recipes;

/// <summary>The words that recipes have for learning from a target domain without labels.</summary>
public static class AdaptationWords
{
    /// <summary>Methods that need <see cref="DataRecipe.Target"/>.</summary>
    public static IReadOnlyList<string> Methods { get; } =
    [
        "source-only", "dann", "cdan", "cdan-e", "mmd", "jan", "coral", "mcd", "mdd", "mcc", "afn", "self-training", "cbst", "fixmatch", "shot",
        "tent", "adabn", WordEvidence,
    ];

    /// <summary>The method that learns of the target's words, in three steps; for texts of <see cref="TaskWords.WordVectors"/>.</summary>
    public const string WordEvidence = "word-evidence";

    /// <summary>
    /// Methods that train on the source first, and then on the target alone: in two phases, or in the second alone with
    /// <see cref="ModelRecipe.From"/>.
    /// </summary>
    public static IReadOnlyList<string> SourceFree { get; } = ["shot", "tent", "adabn"];

    /// <summary>Values of <see cref="TransferRecipe.Validator"/>.</summary>
    public static IReadOnlyList<string> Validators { get; } = ["im", "snd", "entropy", "dev", "class-cluster", "source-accuracy", "last"];

    /// <summary>Those of <see cref="Validators"/> that measure on labelled samples of the source.</summary>
    public static IReadOnlyList<string> SourceValidators { get; } = ["dev", "source-accuracy"];
}
