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
    // Null for pictures.
    private readonly Func<IReadOnlyList<TextSample>, TokenizedTexts>? _tokenize;

    private TaskModel(Classifier model, LoadReport? loaded, Vocabulary? vocabulary, Func<IReadOnlyList<TextSample>, TokenizedTexts>? tokenize) =>
        (Model, Loaded, Vocabulary, _tokenize) = (model, loaded, vocabulary, tokenize);

    /// <summary>With its pretrained part and a fresh head, or a finished model's own: the same bits on every rank. The caller owns it.</summary>
    public Classifier Model { get; }

    /// <summary>What was done to load pretrained weights; null where there were none.</summary>
    public LoadReport? Loaded { get; }

    /// <summary>The words that a network of word vectors knows; null for others.</summary>
    public Vocabulary? Vocabulary { get; }

    /// <summary>Builds it.</summary>
    /// <param name="weightsPath">Local file of the pretrained weights, or of a finished model's; or null.</param>
    /// <param name="dataset">The samples, whose words may join a vocabulary; null where it does not matter which words are known.</param>
    /// <param name="encoder">Tokenizer and sizes where the network is a text encoder.</param>
    /// <param name="words">Words and sizes where a finished model of word vectors is adapted.</param>
    /// <exception cref="Learning.LearningException">A file it needs is missing or malformed.</exception>
    public static TaskModel Build(
        Recipe recipe, int classes, string? weightsPath, DatasetIndex? dataset = null, EncoderSource? encoder = null,
        WordSource? words = null)
    {
        var (model, vocabulary) = words is not null ? words.Create(classes)
            : encoder is not null ? (Encoder(recipe, classes, encoder, draw: weightsPath is null), null)
            : recipe.Task == TaskWords.Texts ? Texts(recipe, classes, dataset) : (Pictures(recipe, classes), null);
        try
        {
            LoadReport? loaded = null;
            var isFinished = recipe.Model.From.Length > 0;
            // A finished model's head comes from the file, with the dropout of this recipe in front of it.
            if (isFinished) model.ReplaceHead(classes, recipe.Model.Head.Dropout, recipe.Training.Seed);
            if (weightsPath is not null)
            {
                using var weights = WeightFile.Open(weightsPath);
                loaded = StateDict.Load(model, weights, new(IgnoreHead: !isFinished));
            }
            if (!isFinished) model.ReplaceHead(classes, recipe.Model.Head.Dropout, recipe.Training.Seed);
            if (recipe.Model.Lora is { Rank: > 0 } lora)
                ((TextEncoder)model).Adapt(UpdatesOf(lora), recipe.Training.Seed);
            return new(model, loaded, vocabulary, encoder is null ? OfWords(recipe, vocabulary) : OfPieces(recipe, encoder));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Opens a stream of samples.</summary>
    /// <param name="set">What the samples are for: workers of a node share the tokens of a set.</param>
    public ISampleStream Open(
        Recipe recipe, RunPlan plan, string set, string root, IReadOnlyList<IndexedSample> samples, AugmentKind augment, BatchPlan batches, int rank,
        int worldSize, DecodingOptions decoding, ExperimentTokens tokens)
    {
        if (plan.Preprocessing is { } preprocessing)
            return new ImageBatchStream(
                root, [.. samples.Select(sample => new ImageSample(sample.Item, sample.Label))], preprocessing, augment, batches, rank, worldSize,
                recipe.Training.Seed, decoding);
        var texts = tokens.Of(set, () => Tokens(samples));
        // Attention costs by the square of a batch's length. Batches of two domains that are compared must not differ by length, though.
        if (texts.HasFrame && recipe.Data.Target.Length == 0) batches = batches.ByLength(texts.Lengths);
        return new TextBatchStream(texts, batches, rank, worldSize, recipe.Training.Seed, TextVariation.WordDropout(augment));
    }

    /// <summary>The ids of texts' words, or of their pieces.</summary>
    public TokenizedTexts Tokens(IReadOnlyList<IndexedSample> samples) =>
        _tokenize!([.. samples.Select((sample, i) => new TextSample(sample.Item, sample.Label, i + 1))]);

    private static Func<IReadOnlyList<TextSample>, TokenizedTexts>? OfWords(Recipe recipe, Vocabulary? vocabulary) =>
        vocabulary is null ? null : texts => TokenizedTexts.Of(texts, vocabulary.Encode, recipe.Data.MaximumLength);

    private static Func<IReadOnlyList<TextSample>, TokenizedTexts> OfPieces(Recipe recipe, EncoderSource encoder)
    {
        var backbone = TextBackbones.Get(recipe.Model.Backbone);
        var tokenizer = TokenizerFiles.Open(encoder.Tokenizer, backbone.Tokenizer);
        return texts => TokenizedTexts.Of(texts, tokenizer, backbone.TextPrefix, recipe.Data.MaximumLength);
    }

    private static LowRank UpdatesOf(LowRankRecipe lora) => new(lora.Rank, lora.Alpha > 0 ? lora.Alpha : 2 * lora.Rank)
    {
        Dropout = lora.Dropout,
        Targets = [.. lora.Targets.Select(target => Enum.Parse<LowRankTarget>(target.Replace("-", ""), ignoreCase: true))],
    };

    private static Classifier Encoder(Recipe recipe, int classes, EncoderSource encoder, bool draw)
    {
        var model = TextBackbones.Get(recipe.Model.Backbone).CreateSized(encoder.Configuration, classes);
        if (draw) model.Initialize(recipe.Training.Seed);
        return model;
    }

    private static Classifier Pictures(Recipe recipe, int classes)
    {
        var model = Backbones.Get(recipe.Model.Backbone).Create(classes);
        model.Initialize(recipe.Training.Seed);
        return model;
    }

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
