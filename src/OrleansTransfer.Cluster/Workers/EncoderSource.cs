using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// What a run with a text encoder needs besides weights, kept with the experiment when its recipe is accepted: no worker looks for the files again.
/// </summary>
/// <param name="Configuration">Sizes of the encoder.</param>
/// <param name="Tokenizer">The file of its tokenizer.</param>
public sealed record EncoderSource(TextConfiguration Configuration, TokenizerFile Tokenizer)
{
    /// <summary>Whether a recipe's network is a text encoder.</summary>
    public static bool IsFor(Recipe recipe) => recipe.Task == TaskWords.Texts && TaskWords.Encoders.Contains(recipe.Model.Backbone);

    /// <summary>Reads an experiment's.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static Task<EncoderSource> ReadAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken) =>
        ExperimentDocument.ReadAsync<EncoderSource>(
            container, BlobLayout.Encoder(experiment), "the tokenizer and sizes of the experiment's encoder are gone", cancellationToken);

    /// <summary>Stores that of a new experiment.</summary>
    public Task WriteAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken) =>
        ExperimentDocument.WriteAsync(container, BlobLayout.Encoder(experiment), this, cancellationToken);
}
