using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Evaluation.Validators;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Transfer.Adaptation;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>What a recipe means to the learning library: the same on the node that checks it and on every worker.</summary>
/// <param name="Architecture">Catalogue name of the network.</param>
/// <param name="Library">Whose key names its weights carry.</param>
/// <param name="Preprocessing">What pictures go through; null for texts.</param>
/// <param name="Augment">Variation of training samples.</param>
/// <param name="Training">What a replica needs.</param>
/// <param name="Exchange">How gradients are handed to the exchange.</param>
public sealed record RunPlan(
    string Architecture, string Library, Preprocessing? Preprocessing, AugmentKind Augment, TrainingPlan Training, ExchangeSettings Exchange)
{
    /// <summary>Global batch size of evaluation; it has no influence on the result.</summary>
    public const int EvaluationBatchSize = 64;

    private const int TargetSeed = 1, MostJudgedValues = 8_000_000, FewestJudged = 1_000, MostJudgedPictures = 10_000, MostJudgedTexts = 50_000;

    /// <summary>Name of the phase that an epoch, from 0, belongs to; empty behind the last.</summary>
    public string PhaseOf(int epoch)
    {
        foreach (var phase in Training.Phases)
        {
            if (epoch < phase.Epochs) return phase.Name;
            epoch -= phase.Epochs;
        }
        return "";
    }

    /// <summary>Interprets a recipe for a model that was made for it.</summary>
    /// <exception cref="Learning.LearningException">A name or selection in the recipe is unknown.</exception>
    public static RunPlan Of(Recipe recipe, Classifier model, int classes)
    {
        var backbone = recipe.Task == TaskWords.Texts ? null : Backbones.Get(recipe.Model.Backbone);
        var options = new TransferOptions(
            recipe.Training.Epochs, recipe.Transfer.Unfreeze, recipe.Training.Optimizer.LearningRate, recipe.Training.Optimizer.BackboneFactor)
        {
            IsFinished = recipe.Model.From.Length > 0,
        };
        return new(
            recipe.Model.Backbone,
            backbone?.Library ?? Backbones.OwnLibrary,
            backbone is null ? null : PreprocessingOf(recipe, backbone),
            Choice<AugmentKind>("data.augment", recipe.Data.Augment),
            new(
                recipe.Model.Backbone,
                classes,
                recipe.Model.Head.Dropout,
                TransferMethods.Plan(recipe.Transfer.Method, options, model),
                Choice<BatchNormPolicy>("transfer.batchNorm", recipe.Transfer.BatchNorm),
                Choice<OptimizerKind>("training.optimizer.type", recipe.Training.Optimizer.Type),
                recipe.Training.Optimizer.WeightDecay,
                Choice<ScheduleKind>("training.schedule", recipe.Training.Schedule),
                recipe.Training.Seed)
            {
                Accumulate = recipe.Training.Accumulate,
                IsFinished = options.IsFinished,
                Validator = recipe.Data.Target.Length > 0 ? recipe.Transfer.Validator : UnsupervisedValidators.Last,
            },
            new(
                Math.Max(1, (long)(recipe.Exchange.BucketMegabytes * 1e6 / sizeof(float))),
                recipe.Exchange.Wire == "bf16" ? WireFormat.BFloat16 : WireFormat.Float32));
    }

    /// <summary>What a recipe minimises for a model that was made for it; its networks are the same bits on every rank.</summary>
    /// <param name="texts">Ids of the words of the target samples that are <see cref="Judged"/>, for methods that ask.</param>
    public static ITrainingObjective ObjectiveOf(Recipe recipe, Classifier model, Func<IReadOnlyList<int[]>>? texts = null)
    {
        if (TransferMethods.Get(recipe.Transfer.Method) is not IAdaptationMethod method) return new SupervisedObjective();
        return method.Create(new(model.Classes, model.FeatureWidth, recipe.Transfer.Weight, recipe.Transfer.Confidence, recipe.Training.Seed)
        {
            Texts = method.KnowsWords && model is WordVectorClassifier words ? new(words, texts?.Invoke() ?? []) : null,
        });
    }

    /// <summary>What pictures go through before they reach the backbone.</summary>
    /// <exception cref="Learning.LearningException">The recipe's description of it is malformed.</exception>
    public static Preprocessing PreprocessingOf(Recipe recipe, Backbone backbone)
    {
        var expected = recipe.Model.Preprocessing == "auto"
            ? backbone.Preprocessing
            : Preprocessing.Parse(recipe.Model.Preprocessing, backbone.Preprocessing);
        return recipe.Model.InputSize > 0 ? expected.ForInputSize(recipe.Model.InputSize) : expected;
    }

    /// <summary>Order in which the training samples come, as a function of epoch and step.</summary>
    public static BatchPlan TrainingBatches(Recipe recipe, int samples) =>
        new(samples, recipe.Training.BatchSize, recipe.Training.Seed, shuffle: true);

    /// <summary>
    /// The batches that an epoch is divided into: the training samples', or the target's where a finished model is adapted without such.
    /// </summary>
    public static BatchPlan EpochBatches(Recipe recipe, DatasetIndex dataset) => dataset is { HasSource: false, Target: { } target }
        ? TargetBatches(recipe, target.Samples.Count)
        : TrainingBatches(recipe, dataset.Train.Count);

    /// <summary>Order in which the target's samples come; it is another one than the source's.</summary>
    public static BatchPlan TargetBatches(Recipe recipe, int samples) =>
        new(samples, recipe.Training.BatchSize, Seeds.Derive(recipe.Training.Seed, TargetSeed), shuffle: true);

    /// <summary>
    /// The samples that validators look at, at most so many that the outputs of all fit in a message, evenly spaced.
    /// </summary>
    public static IReadOnlyList<IndexedSample> Judged(Recipe recipe, IReadOnlyList<IndexedSample> samples, int featureWidth)
    {
        var most = Math.Clamp(
            MostJudgedValues / featureWidth, FewestJudged, recipe.Task == TaskWords.Texts ? MostJudgedTexts : MostJudgedPictures);
        return samples.Count <= most ? samples : [.. Enumerable.Range(0, most).Select(i => samples[(int)((long)i * samples.Count / most)])];
    }

    /// <summary>
    /// The global batch size of a recipe that leaves it to the data: about 32 steps per epoch, from 16 to 64 samples, at least one per worker.
    /// </summary>
    public static int BatchSizeFor(int samples, int workers) =>
        Math.Max(workers, Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(samples / 32 / 2 + 1)), 16, 64));

    private static T Choice<T>(string path, string value) where T : struct, Enum =>
        Enum.TryParse<T>(value.Replace("-", ""), ignoreCase: true, out var parsed)
            ? parsed
            : throw new RecipeException(path, $"'{value}' is unknown.");
}
