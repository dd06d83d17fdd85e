using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Weights;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>A recipe's network before training, and what its samples go through on their way to it: what differs between pictures and texts.</summary>
public sealed class TaskModel
{
    private TaskModel(Classifier model, LoadReport? loaded, Vocabulary? vocabulary) => (Model, Loaded, Vocabulary) = (model, loaded, vocabulary);

    /// <summary>With its pretrained part and a fresh head: the same bits on every rank. The caller owns it.</summary>
    public Classifier Model { get; }

    /// <summary>What was done to load pretrained weights; null where there were none.</summary>
    public LoadReport? Loaded { get; }

    /// <summary>The words that a network of texts knows; null for pictures.</summary>
    public Vocabulary? Vocabulary { get; }

    /// <summary>Builds it.</summary>
    /// <param name="weightsPath">Local file of the pretrained weights, or null.</param>
    /// <param name="dataset">The samples, whose words may join a vocabulary; null where it does not matter which words are known.</param>
    /// <exception cref="Learning.LearningException">A file it needs is missing or malformed.</exception>
    public static TaskModel Build(Recipe recipe, int classes, string? weightsPath, DatasetIndex? dataset = null)
    {
        var (model, vocabulary) = recipe.Task == TaskWords.Texts ? Texts(recipe, classes, dataset) : (Pictures(recipe, classes), null);
        try
        {
            LoadReport? loaded = null;
            if (weightsPath is not null)
            {
                using var weights = WeightFile.Open(weightsPath);
                loaded = StateDict.Load(model, weights, new(IgnoreHead: true));
            }
            model.ReplaceHead(classes, recipe.Model.Head.Dropout, recipe.Training.Seed);
            return new(model, loaded, vocabulary);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Opens a stream of samples.</summary>
    public IBatchStream Open(
        Recipe recipe, RunPlan plan, string root, IReadOnlyList<IndexedSample> samples, AugmentKind augment, BatchPlan batches, int rank, int worldSize,
        DecodingOptions decoding)
    {
        if (plan.Preprocessing is { } preprocessing)
            return new ImageBatchStream(
                root, [.. samples.Select(sample => new ImageSample(sample.Item, sample.Label))], preprocessing, augment, batches, rank, worldSize,
                recipe.Training.Seed, decoding);
        var tokens = Tokens(recipe, samples);
        return new TextBatchStream(tokens, batches, rank, worldSize, recipe.Training.Seed, TextVariation.WordDropout(augment));
    }

    private static Classifier Pictures(Recipe recipe, int classes)
    {
        var model = Backbones.Get(recipe.Model.Backbone).Create(classes);
        model.Initialize(recipe.Training.Seed);
        return model;
    }

    /// <summary>The ids of texts' words.</summary>
    public TokenizedTexts Tokens(Recipe recipe, IReadOnlyList<IndexedSample> samples) => TokenizedTexts.Of(
        [.. samples.Select((sample, i) => new TextSample(sample.Item, sample.Label, i + 1))], Vocabulary!.Encode, recipe.Data.MaximumLength);

    private static (Classifier, Vocabulary) Texts(Recipe recipe, int classes, DatasetIndex? dataset)
    {
        var target = Words(dataset?.Target?.Samples);
        var (vocabulary, vectors) = Vocabulary.Build(
            WordVectors.Load(recipe.Model.Vectors, normalise: true),
            [.. Words(dataset?.Train), .. target],
            Enum.Parse<UnknownWords>(recipe.Model.Unknown, ignoreCase: true));
        using (vectors)
        {
            var pooling = Enum.Parse<TextPoolingKind>(recipe.Model.Pooling, ignoreCase: true);
            var sizes = new WordVectorSizes((int)vectors.shape[0], (int)vectors.shape[1], pooling, recipe.Model.Hidden);
            if (recipe.Transfer.Method == AdaptationWords.WordEvidence)
            {
                vocabulary = vocabulary.With(target);
                var keys = target.SelectMany(text => WordPairs.Of([.. vocabulary.Encode(text).Take(recipe.Data.MaximumLength)], vocabulary.Rows)).Distinct();
                sizes = sizes with { Ids = vocabulary.Rows, EvidenceKeys = Math.Max(1, keys.Count()) };
            }
            var model = new WordVectorClassifier(TaskWords.WordVectors, sizes, classes);
            model.Initialize(recipe.Training.Seed);
            model.LoadVectors(vectors);
            return (model, vocabulary);
        }
    }

    private static IReadOnlyList<string> Words(IReadOnlyList<IndexedSample>? texts) => [.. (texts ?? []).Select(sample => sample.Item)];
}
