using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using static TorchSharp.torch;

namespace OrleansTransfer.Cli.Commands;

/// <summary>What <c>otx models show</c> tells of a text encoder.</summary>
/// <param name="Parameters">Without a head.</param>
/// <param name="MaximumTokens">Of a text, the two of the frame included.</param>
/// <param name="TextPrefix">What is put in front of every text; empty for nothing.</param>
/// <param name="Repository">Where its public files are, on huggingface.co.</param>
/// <param name="Files">Those of them that are needed.</param>
internal sealed record ShownTextEncoder(
    string Name,
    long Parameters,
    int Layers,
    int Heads,
    int Vocabulary,
    int FeatureWidth,
    int MaximumTokens,
    TokenizerKind Tokenizer,
    string TextPrefix,
    string KeyPrefix,
    IReadOnlyList<string> WeightSources,
    string Repository,
    IReadOnlyList<string> Files,
    IReadOnlyList<ShownStage> Stages)
{
    /// <summary>Looks at the network; it is made without weights.</summary>
    public static ShownTextEncoder Of(TextBackbone backbone)
    {
        using var scope = NewDisposeScope();
        using var model = backbone.Create(2);
        var sizes = backbone.Configuration;
        var prefix = model.Stages[0].Prefixes[0].Replace("embeddings", "", StringComparison.Ordinal);
        return new(
            backbone.Name, backbone.BackboneParameters, sizes.Layers, sizes.Heads, sizes.Vocabulary, model.FeatureWidth, model.MaximumTokens,
            backbone.Tokenizer, backbone.TextPrefix, prefix, ["file", "none"], backbone.Repository,
            ["model.safetensors", EncoderConfigurationFile.Name, TokenizerFiles.NameOf(backbone.Tokenizer)], ShownStage.Of(model));
    }

    /// <summary>Prints it.</summary>
    public void Print(Output output)
    {
        if (output.Json)
        {
            output.Document(this);
            return;
        }
        output.Facts(
            ("name", Name),
            ("parameters", $"{Figures.Count(Parameters)} without a head"),
            ("layers", $"{Layers} of width {FeatureWidth} with {Heads} heads"),
            ("features", $"{FeatureWidth}"),
            ("input", $"texts of at most {MaximumTokens} tokens, the two that frame each text included (data.maximumLength)"),
            ("tokenizer", $"{Words(Tokenizer)}, {Figures.Count(Vocabulary)} rows (model.tokenizer)"),
            ("prefix", TextPrefix.Length > 0 ? $"\"{TextPrefix}\" is put in front of every text" : null),
            ("keys", KeyPrefix.Length > 0
                ? $"those of its public checkpoints, with or without their prefix '{KeyPrefix}'"
                : "those of its public checkpoints, which have no prefix"),
            ("weights", "a file, or none"),
            ("public files", $"huggingface.co/{Repository}: {string.Join(", ", Files)}"));
        output.Line();
        output.Table(["STAGE", "PARAMETERS", "KEYS"], Stages.Select(stage => stage.Cells));
    }

    private static string Words(TokenizerKind kind) => kind switch
    {
        TokenizerKind.WordPieceCased => "WordPiece, in the text's own case",
        TokenizerKind.WordPieceUncased => "WordPiece, in lower case and without accents",
        _ => "SentencePiece",
    };
}

/// <summary>A stage of a network, as <c>otx models show</c> tells of it.</summary>
internal sealed record ShownStage(string Name, long Parameters, IReadOnlyList<string> Prefixes)
{
    /// <summary>The stages of a network.</summary>
    public static IReadOnlyList<ShownStage> Of(Classifier model)
    {
        var parameters = model.named_parameters().ToList();
        return
        [
            .. model.Stages.Select(stage => new ShownStage(
                stage.Name, parameters.Where(entry => stage.Contains(entry.name)).Sum(entry => entry.parameter.numel()), stage.Prefixes)),
        ];
    }

    /// <summary>Name, parameters and keys.</summary>
    internal IReadOnlyList<string> Cells => [Name, Figures.Count(Parameters), string.Join(", ", Prefixes)];
}
