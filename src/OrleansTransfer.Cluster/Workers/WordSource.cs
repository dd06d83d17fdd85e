using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// The words that a finished model of word vectors knows, and its sizes, kept with the experiment that adapts it: its weights have the vectors, and
/// no worker looks for the bundle again.
/// </summary>
/// <param name="Words">In the order of their ids, from 1.</param>
/// <param name="Text">Sizes and pooling, as the bundle has them.</param>
public sealed record WordSource(IReadOnlyList<string> Words, BundleText Text)
{
    /// <summary>Whether a recipe adapts a finished model of word vectors.</summary>
    public static bool IsFor(Recipe recipe) => recipe.Model is { From.Length: > 0, Backbone: TaskWords.WordVectors };

    /// <summary>The network without weights, and its words.</summary>
    /// <exception cref="Learning.LearningException">The pooling is not known.</exception>
    public (WordVectorClassifier Model, Vocabulary Vocabulary) Create(int classes)
    {
        if (!Enum.TryParse<TextPoolingKind>(Text.Pooling, ignoreCase: true, out var pooling))
            throw new Learning.LearningException($"The model pools words by '{Text.Pooling}', which this version does not know.");
        var vocabulary = new Vocabulary(Words);
        var sizes = new WordVectorSizes((Text.Vectors ?? Words.Count) + 1, Text.Dimensions, pooling, Text.Hidden)
        {
            Ids = vocabulary.Rows,
            EvidenceKeys = Text.EvidenceKeys,
        };
        return (new(TaskWords.WordVectors, sizes, classes), vocabulary);
    }

    /// <summary>Reads an experiment's.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static Task<WordSource> ReadAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken) =>
        ExperimentDocument.ReadAsync<WordSource>(
            container, BlobLayout.Words(experiment), "the words of the experiment's model are gone", cancellationToken);

    /// <summary>Stores that of a new experiment.</summary>
    public Task WriteAsync(IBlobContainer container, string experiment, CancellationToken cancellationToken) =>
        ExperimentDocument.WriteAsync(container, BlobLayout.Words(experiment), this, cancellationToken);
}
