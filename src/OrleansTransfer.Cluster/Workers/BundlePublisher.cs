using System.Globalization;
using System.Reflection;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>Turns a finished replica into the bundle that users take away.</summary>
public sealed class BundlePublisher(IBlobContainer container)
{
    /// <summary>Stores the bundle and returns where it is, for a person.</summary>
    public async Task<string> PublishAsync(
        WorkerAssignment assignment,
        IReadOnlyList<WorkerAddress> group,
        DatasetIndex dataset,
        ReplicaOutcome outcome,
        CancellationToken cancellationToken)
    {
        var (recipe, preprocessing, validation) = (assignment.Recipe, outcome.Plan.Preprocessing, outcome.Result.Validation);
        var yaml = RecipeWriter.ToYaml(recipe);
        var description = new BundleDescription
        {
            Experiment = assignment.Experiment,
            Architecture = outcome.Plan.Architecture,
            Task = recipe.Task,
            Labels = dataset.Labels,
            Preprocessing = preprocessing is null ? null : new(
                preprocessing.Resize,
                preprocessing.Crop,
                preprocessing.Interpolation.ToString().ToLowerInvariant(),
                [.. preprocessing.Mean.Select(Widen)],
                [.. preprocessing.Std.Select(Widen)],
                preprocessing.Channels.ToString().ToLowerInvariant(),
                preprocessing.Scale),
            Pictures = dataset.Survey is { Looked: > 0 } survey ? new(survey.Looked, survey.Grey, survey.MedianSide) : null,
            Text = outcome.Task.Model is WordVectorClassifier texts
                ? new(BundleFormat.Vocabulary, recipe.Data.MaximumLength, texts.Sizes.Dimensions, recipe.Model.Pooling, texts.Sizes.Hidden)
                {
                    Vectors = texts.Sizes.Rows - 1,
                    EvidenceKeys = texts.Sizes.EvidenceKeys,
                }
                : null,
            Encoder = outcome.Encoder is { } source ? new(source.Tokenizer.Name, EncoderConfigurationFile.Name, recipe.Data.MaximumLength) : null,
            BaseWeights = assignment.WeightsSha256 is { } sha256 ? new(NameOf(recipe.Model), sha256) : null,
            Recipe = yaml,
            Metrics = outcome.Result.Target is { } figures
                ? TargetValues.Of(outcome.Plan, outcome.Result, figures)
                : new Dictionary<string, double>(TargetValues.Of(validation)),
            Libraries = Libraries(),
        };
        var content = TargetContentOf(recipe, dataset, outcome);
        var report = HtmlReport.Render(new(
            assignment.Experiment,
            dataset.Labels,
            validation,
            [.. outcome.Epochs.Select(epoch => new EpochPoint(
                epoch.Epoch, outcome.Plan.PhaseOf(epoch.Epoch), epoch.TrainingLoss, epoch.ValidationLoss, epoch.Accuracy))],
            yaml,
            Provenance(assignment, group, dataset, outcome, description),
            dataset.Broken)
        {
            Target = content,
        });
        var metadata = new Dictionary<string, string> { ["architecture"] = description.Architecture, ["format"] = "pt" };
        await new BundleWriter(container, assignment.Experiment).WriteAsync(
            description,
            [
                .. content is null ? [] : (CheckpointFile[])[CheckpointFile.FromData(
                    BundleFormat.TargetPredictions, BinaryData.FromString(PredictionTable.Render(content.Paths, content.Target, dataset.Labels)))],
                .. outcome.Task.Vocabulary is null ? [] : (CheckpointFile[])[CheckpointFile.FromData(
                    BundleFormat.Vocabulary, BinaryData.FromString(string.Join('\n', outcome.Task.Vocabulary.Words) + "\n"))],
                .. outcome.Encoder is { } encoder ? EncoderFiles(recipe, encoder, dataset.Labels) : [],
                new(BundleFormat.Model, (stream, _) =>
                {
                    StateDict.Save(outcome.Task.Model, stream, metadata);
                    return Task.CompletedTask;
                }),
                CheckpointFile.FromData(BundleFormat.Report, BinaryData.FromString(report)),
                CheckpointFile.FromData(BundleFormat.Readme, BinaryData.FromString(BundleReadme.Render(description, outcome.Plan.Library))),
            ],
            cancellationToken);
        var prefix = BlobLayout.Bundle(assignment.Experiment).TrimEnd('/');
        return Path.IsPathFullyQualified(container.Description) ? Path.Combine(container.Description, prefix) : $"{container.Description}/{prefix}";
    }

    private static CheckpointFile[] EncoderFiles(Recipe recipe, EncoderSource encoder, IReadOnlyList<string> labels) =>
    [
        CheckpointFile.FromData(encoder.Tokenizer.Name, BinaryData.FromBytes(encoder.Tokenizer.Content)),
        CheckpointFile.FromData(EncoderConfigurationFile.Name, BinaryData.FromString(
            EncoderConfigurationFile.Render(TextBackbones.Get(recipe.Model.Backbone), encoder.Configuration, labels))),
    ];

    private static TargetContent? TargetContentOf(Recipe recipe, DatasetIndex dataset, ReplicaOutcome outcome)
    {
        if (outcome.Result.Target is not { } target) return null;
        return new(
            recipe.Transfer.Method,
            recipe.Transfer.Validator,
            target.PickedEpoch,
            [.. target.History.Select(epoch => new TargetPoint(epoch.Epoch, epoch.Scores, epoch.Accuracy, outcome.Plan.PhaseOf(epoch.Epoch)))],
            target.Source,
            target.Target,
            [.. RunPlan.Judged(recipe, dataset.Target!.Samples, outcome.Task.Model.FeatureWidth).Select(sample => sample.Item)],
            target.Test,
            target.Before,
            [.. dataset.Target.Remarks, .. TargetRemarks.Of(target.Source, target.Target, dataset.Labels)]);
    }

    // A catalogue's name in full; of a path or an address, whose query may be a secret, the last part.
    private static string NameOf(ModelRecipe model) => model.From.Length > 0 ? Path.GetFileName(model.From)
        : RecipePaths.IsWeightsName(model.Weights) ? model.Weights
        : Path.GetFileName(RecipePaths.IsUrl(model.Weights) ? new Uri(model.Weights).AbsolutePath : model.Weights);

    // The shortest decimal that is the same float: 0.485, not 0.48500001430511475.
    private static double Widen(float value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static IReadOnlyList<KeyValuePair<string, string>> Provenance(
        WorkerAssignment assignment, IReadOnlyList<WorkerAddress> group, DatasetIndex dataset, ReplicaOutcome outcome, BundleDescription description)
    {
        var what = description.IsForTexts ? "texts" : "pictures";
        var origin = dataset.ValidationRoot == dataset.TrainRoot ? ", split off" : $" in {dataset.ValidationRoot}";
        return
        [
            new("Experiment", $"{assignment.Experiment}, attempt {assignment.Attempt}"),
            new("Architecture", description.Architecture),
            new("Base weights", description.BaseWeights is { } weights ? $"{weights.Name} (SHA-256 {weights.Sha256})" : "none: trained from scratch"),
            .. dataset.HasSource
                ? (KeyValuePair<string, string>[])[new($"Training {what}", $"{dataset.Train.Count} in {dataset.TrainRoot}"),
                    new($"Validation {what}", $"{dataset.Validation.Count}{origin}")]
                : [new("Adapted from", $"{assignment.Recipe.Model.From}, a finished model, without the data it was trained on")],
            .. dataset.Target is { } target
                ? (KeyValuePair<string, string>[])[new($"Target {what}", $"{target.Samples.Count} in {target.Root}, without labels"),
                    new($"Labelled target {what}, for checking", target.Test.Count == 0 ? "none" : $"{target.Test.Count} in {target.TestRoot}")]
                : [],
            .. outcome.Remarks.Select(remark => new KeyValuePair<string, string>("Cut texts", remark)),
            new("Workers", string.Join(", ", group)),
            new("Throughput", string.Create(CultureInfo.InvariantCulture, $"{outcome.SamplesPerSecond:0.0} {what}/s over {outcome.Seconds:0.0} s")),
            .. description.Libraries.Select(library => new KeyValuePair<string, string>(library.Key, library.Value)),
    ];
    }

    private static Dictionary<string, string> Libraries() => new()
    {
        ["OrleansTransfer"] = Version(typeof(BundlePublisher).Assembly),
        ["TorchSharp"] = Version(typeof(TorchSharp.torch).Assembly),
        ["Orleans"] = Version(typeof(Grain).Assembly),
        [".NET"] = Environment.Version.ToString(),
    };

    private static string Version(Assembly assembly) =>
        (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? $"{assembly.GetName().Version}").Split('+')[0];
}
