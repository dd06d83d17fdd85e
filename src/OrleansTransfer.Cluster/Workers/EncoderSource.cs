using System.Text.Json;
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
    public static async Task<EncoderSource> ReadAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken)
    {
        await using var stream = await container.OpenReadAsync(BlobLayout.Encoder(experiment), cancellationToken)
            ?? throw new InvalidDataException(
                $"{container.Description} holds no {BlobLayout.Encoder(experiment)}: the tokenizer and sizes of the experiment's encoder are gone.");
        return await JsonSerializer.DeserializeAsync<EncoderSource>(stream, JsonSerializerOptions.Web, cancellationToken)
            ?? throw new InvalidDataException($"{BlobLayout.Encoder(experiment)} is empty.");
    }

    /// <summary>Stores that of a new experiment.</summary>
    public async Task WriteAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web));
        await container.WriteAsync(BlobLayout.Encoder(experiment), stream, BlobCondition.IfNew, cancellationToken);
    }
}
