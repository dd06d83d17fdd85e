using System.Globalization;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Transfer;
using OrleansTransfer.Learning.Weights;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>A recipe that was checked against the world.</summary>
/// <param name="Recipe">Resolved: every default filled in, workers a number, weights by their full name, preprocessing as those weights
/// expect.</param>
/// <param name="Dataset">Samples and their split.</param>
/// <param name="WeightsPath">Local file of the pretrained weights, or null.</param>
/// <param name="WeightsSha256">Their SHA-256 in lower-case hex, or null.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
public sealed record PreparedRecipe(Recipe Recipe, DatasetIndex Dataset, string? WeightsPath, string? WeightsSha256, long TotalSteps)
{
    /// <summary>Tokenizer and sizes of a text encoder; null for other networks.</summary>
    public EncoderSource? Encoder { get; init; }

    /// <summary>Words and sizes of a finished model of word vectors; null for other networks.</summary>
    public WordSource? Words { get; init; }
}

/// <summary>
/// Checks a recipe against the data, the weights and the cluster, and completes it. Reports every problem it can find at once; changes nothing but
/// the cache of weights.
/// </summary>
/// <param name="weights">What <c>model.weights</c> means.</param>
/// <param name="open">Opens what <c>model.from</c> names.</param>
public sealed class RecipePreparation(RecipeWeights weights, Func<Recipe, CancellationToken, Task<FinishedModel>> open)
{
    /// <summary>Checks and completes a recipe.</summary>
    /// <exception cref="RecipeException">It cannot be run.</exception>
    /// <param name="known">The samples and their split, where they are known; null to look at the data.</param>
    public async Task<PreparedRecipe> PrepareAsync(
        Recipe recipe, ClusterStatus cluster, CancellationToken cancellationToken, DatasetIndex? known = null)
    {
        var problems = RecipeValidator.Check(recipe).ToList();
        FinishedModel? finished = null;
        if (recipe.Model.From.Length > 0) (recipe, finished) = await TakeModelAsync(recipe, problems, cancellationToken);
        var dataset = known ?? (problems.Any(problem => problem.Path.StartsWith("data", StringComparison.Ordinal)) ? null
            : recipe.Model.From.Length == 0 ? await Task.Run(
                () => recipe.Task == TaskWords.Texts ? TextPreparation.Scan(recipe, problems) : ScanData(recipe, problems, cancellationToken),
                cancellationToken)
            : finished is null ? null : await Task.Run(() => ScanTarget(recipe, finished, problems, cancellationToken), cancellationToken));
        var workers = CheckDevices(recipe, cluster, problems);
        if (recipe.Resources.Workers == 0 && recipe.Resources.MinWorkers > Math.Max(1, workers))
            problems.Add(new("resources.minWorkers", $"{recipe.Resources.MinWorkers} are more than the {workers} devices that the cluster has."));
        var classes = dataset?.Labels.Count ?? 2;
        EncoderSource? encoder = null;
        string? weightsPath, weightsSha256;
        if (recipe.Model.From.Length > 0)
        {
            if (finished is not null) CheckFinished(recipe, finished, problems);
            (encoder, weightsPath, weightsSha256) = (finished?.Encoder, finished?.Bundle.ModelPath, finished?.Sha256);
        }
        else if (EncoderSource.IsFor(recipe))
            (encoder, weightsPath, weightsSha256) = await CheckEncoderAsync(recipe, classes, problems, cancellationToken);
        else
            (recipe, weightsPath, weightsSha256) = await CheckModelAsync(recipe, classes, problems, cancellationToken);

        if (dataset is not null && recipe.Training.BatchSize >= 0)
        {
            if (recipe.Training.BatchSize == 0)
                recipe = recipe with { Training = recipe.Training with { BatchSize = RunPlan.BatchSizeFor(dataset.EpochSamples, workers) } };
            var smallest = RunPlan.EpochBatches(recipe, dataset).SmallestBatch;
            if (smallest < workers && dataset.HasSource)
                problems.Add(new("training.batchSize", dataset.Train.Count < workers
                    ? $"{dataset.Train.Count} training samples cannot be divided among {workers} workers: use at most {dataset.Train.Count}."
                    : $"a batch of {recipe.Training.BatchSize} cannot be divided among {workers} workers: use at least {workers}, " +
                      "or fewer workers."));
            else if (recipe.Transfer.BatchNorm == "synchronized" && smallest < workers * recipe.Training.Accumulate)
                problems.Add(new("training.accumulate",
                    $"batches of {smallest} cannot be divided among {workers} workers in {recipe.Training.Accumulate} parts each, and with "
                    + "transfer.batchNorm: synchronized no part may be empty: use fewer parts, or a larger training.batchSize."));
            if (dataset.Target is { } target && RunPlan.TargetBatches(recipe, target.Samples.Count).SmallestBatch < Math.Max(2, workers))
                problems.Add(new("data.target",
                    $"{target.Samples.Count} samples are too few for {workers} workers and a comparison of distributions: at least {Math.Max(2, workers)} "
                    + "are needed, and some hundred say something."));
        }
        if (problems.Count > 0) throw new RecipeException(problems);

        var resolved = recipe with
        {
            Name = recipe.Name.Length > 0 ? recipe.Name : NameFor(recipe.Data.Train.Length > 0 ? recipe.Data.Train : recipe.Data.Target),
            Resources = recipe.Resources with { Workers = workers },
            Data = recipe.Data with { Labels = dataset!.Labels },
        };
        var steps = (long)RunPlan.EpochBatches(resolved, dataset).StepsPerEpoch * resolved.Training.Epochs;
        return new(resolved, dataset, weightsPath, weightsSha256, steps) { Encoder = encoder, Words = finished?.Words };
    }

    // What the bundle decides is taken over before anything is judged by it.
    private async Task<(Recipe, FinishedModel?)> TakeModelAsync(Recipe recipe, List<RecipeProblem> problems, CancellationToken cancellationToken)
    {
        try
        {
            var finished = await open(recipe, cancellationToken);
            var before = problems.Count;
            recipe = finished.Complete(recipe, problems);
            if (problems.Count > before) return (recipe, null);
            problems.AddRange(RecipeValidator.Check(recipe).Except(problems));
            return (recipe, finished);
        }
        catch (RecipeException e)
        {
            problems.AddRange(e.Problems);
            return (recipe, null);
        }
    }

    private static void CheckFinished(Recipe recipe, FinishedModel finished, List<RecipeProblem> problems)
    {
        // Weights are read for a recipe only that is right so far.
        if (problems.Count > 0) return;
        try
        {
            using var model = TaskModel.Build(
                recipe, finished.Labels.Count, finished.Bundle.ModelPath, encoder: finished.Encoder, words: finished.Words).Model;
            if (finished.Encoder is { } encoder) EncoderPreparation.Check(recipe, (TextEncoder)model, encoder, null, problems);
            CheckPlan(recipe, model, finished.Labels.Count, problems);
        }
        catch (RecipeException e)
        {
            problems.AddRange(e.Problems);
        }
        catch (LearningException e)
        {
            problems.Add(new(
                e.Message.Contains("BatchNorm", StringComparison.Ordinal) ? "transfer.method"
                : e.Message.Contains("stage", StringComparison.Ordinal) ? "transfer.unfreeze" : "model.from",
                e.Message));
        }
    }

    private static DatasetIndex? ScanTarget(Recipe recipe, FinishedModel finished, List<RecipeProblem> problems, CancellationToken cancellationToken)
    {
        if (recipe.Task == TaskWords.Texts)
            return TextPreparation.ScanTarget(recipe, finished.Labels, problems) is { } texts ? DatasetIndex.Of(finished.Labels, texts) : null;
        var before = finished.Bundle.Description.Pictures is { } seen ? new PictureSurvey(seen.Looked, seen.Grey, seen.MedianSide) : null;
        var (target, survey) = ScanTarget(recipe, finished.Labels, before, problems, cancellationToken);
        return target is null ? null : DatasetIndex.Of(finished.Labels, target) with { Survey = survey };
    }

    private static DatasetIndex? ScanData(Recipe recipe, List<RecipeProblem> problems, CancellationToken cancellationToken)
    {
        try
        {
            var train = ScanLabelled(recipe, recipe.Data.Train, recipe.Data.Labels.Count > 0 ? recipe.Data.Labels : null, cancellationToken);
            var survey = PictureSurvey.Of(train);
            var target = ScanTarget(recipe, train.Labels, survey, problems, cancellationToken).Target;
            if (double.TryParse(recipe.Data.Validation, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction))
            {
                var split = StratifiedSplit.By(train, fraction, recipe.Training.Seed);
                return new(
                    train.Labels, train.Root, Pick(train, split.Train), train.Root, Pick(train, split.Validation), train.Broken)
                {
                    Target = target,
                    Survey = survey,
                };
            }
            try
            {
                var validation = ScanLabelled(recipe, recipe.Data.Validation, train.Labels, cancellationToken);
                return new(
                    train.Labels, train.Root, Indexed(train.Samples), validation.Root, Indexed(validation.Samples),
                    [.. train.Broken, .. validation.Broken])
                {
                    Target = target,
                    Survey = survey,
                };
            }
            catch (LearningException e)
            {
                problems.Add(new("data.validation", e.Message));
                return null;
            }
        }
        catch (LearningException e)
        {
            problems.Add(new("data.train", e.Message));
            return null;
        }
    }

    private static ImageDataset ScanLabelled(
        Recipe recipe, string path, IReadOnlyList<string>? labels, CancellationToken cancellationToken)
    {
        if (recipe.Data.Groups.Count == 0) return ImageFolder.Scan(path, labels, cancellationToken);
        var joined = LabelGroups.Join(ImageFolder.Scan(path, labels: null, cancellationToken), recipe.Data.Groups);
        if (labels is null || joined.Labels.SequenceEqual(labels)) return joined;
        if (joined.Labels.Except(labels).Concat(labels.Except(joined.Labels)).FirstOrDefault() is { } other)
            throw new LearningException(
                $"With data.groups the labels of '{joined.Root}' are {string.Join(", ", joined.Labels)}; wanted are {string.Join(", ", labels)}: "
                + $"'{other}' differs.");
        var index = labels.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
        var samples = joined.Samples.Select(sample => sample with { Label = index[joined.Labels[sample.Label]] }).OrderBy(sample => sample.Label);
        return joined with { Labels = labels, Samples = [.. samples] };
    }

    // The source is a survey of its pictures; null where that is not known.
    private static (TargetIndex? Target, PictureSurvey? Survey) ScanTarget(
        Recipe recipe, IReadOnlyList<string> labels, PictureSurvey? source, List<RecipeProblem> problems, CancellationToken cancellationToken)
    {
        if (recipe.Data.Target.Length == 0) return default;
        try
        {
            var target = ImageFolder.ScanUnlabelled(recipe.Data.Target, cancellationToken);
            var survey = PictureSurvey.Of(target);
            IReadOnlyList<string> remarks =
            [
                .. RemarksOn(recipe.Data.Target, target, recipe.Data.TargetTest),
                .. source is null ? [] : PictureSurvey.Compare(source, survey),
            ];
            if (recipe.Data.TargetTest.Length == 0) return (new(target.Root, Indexed(target.Samples), target.Root, [], remarks), survey);
            try
            {
                var test = ImageFolder.Scan(recipe.Data.TargetTest, labels: null, cancellationToken);
                if (recipe.Data.Groups.Count > 0 && test.Labels.Except(labels).Any()) test = LabelGroups.Join(test, recipe.Data.Groups);
                if (test.Labels.Except(labels).ToList() is { Count: > 0 } unknown)
                {
                    var who = recipe.Model.From.Length > 0 ? "model" : "source";
                    throw new LearningException($"'{test.Root}' has labels that the {who} has not: {string.Join(", ", unknown)}. "
                        + $"The {who}'s are {string.Join(", ", labels)}.");
                }
                var index = labels.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
                return (
                    new(
                        target.Root, Indexed(target.Samples), test.Root,
                        [.. test.Samples.Select(sample => new IndexedSample(sample.Path, index[test.Labels[sample.Label]]))], remarks),
                    survey);
            }
            catch (LearningException e)
            {
                problems.Add(new("data.targetTest", e.Message));
            }
        }
        catch (LearningException e)
        {
            problems.Add(new("data.target", e.Message));
        }
        return default;
    }

    private static IReadOnlyList<string> RemarksOn(string path, ImageDataset target, string test)
    {
        var remarks = new List<string>();
        if (ImageFolder.LabelsIn(path) is { Count: > 0 } labels)
            remarks.Add(
                $"data.target seems to have labels ({string.Join(", ", labels.Take(5))}{(labels.Count > 5 ? ", ..." : "")}); they are not looked at."
                + (test.Length == 0 ? " data.targetTest takes labelled samples for checking." : ""));
        if (target.Broken.Count > 0)
            remarks.Add($"{target.Broken.Count} files of data.target were passed over; the first is '{target.Broken[0].Path}': {target.Broken[0].Reason}.");
        return remarks;
    }

    private static IReadOnlyList<IndexedSample> Pick(ImageDataset dataset, IReadOnlyList<int> indices) =>
        Indexed([.. indices.Select(i => dataset.Samples[i])]);

    private static IReadOnlyList<IndexedSample> Indexed(IReadOnlyList<ImageSample> samples) =>
        [.. samples.Select(sample => new IndexedSample(sample.Path, sample.Label))];

    private static int CheckDevices(Recipe recipe, ClusterStatus cluster, List<RecipeProblem> problems)
    {
        var kinds = cluster.Nodes.SelectMany(node => node.Devices).CountBy(device => device.Name.Split(':')[0]).ToDictionary(StringComparer.Ordinal);
        var available = recipe.Resources.Device == "auto" ? kinds.Values.DefaultIfEmpty().Max() : kinds.GetValueOrDefault(recipe.Resources.Device);
        var wanted = recipe.Resources.Workers > 0 ? recipe.Resources.Workers : available;
        var kind = recipe.Resources.Device == "auto" ? "" : recipe.Resources.Device + " ";
        if (available == 0)
            problems.Add(new("resources.device", $"the cluster has no {kind}device. It has {Describe(cluster)}."));
        else if (wanted > available)
            problems.Add(new(
                "resources.workers",
                $"{wanted} workers need as many {kind}devices, and the cluster has {available}: {Describe(cluster)}. " +
                $"Ask for at most {available}, or start more nodes or devices."));
        return wanted;
    }

    private static string Describe(ClusterStatus cluster) => cluster.Nodes.Count == 0
        ? "no node"
        : string.Join("; ", cluster.Nodes.Select(node =>
            $"{node.Name} with {(node.Devices.Count == 0 ? "no device" : string.Join(", ", node.Devices.Select(device => device.Name)))}"));

    /// <summary>The recipe with its weights pinned, and their file; every value null or as it was where there is a problem.</summary>
    private async Task<(Recipe Recipe, string? Path, string? Sha256)> CheckModelAsync(
        Recipe recipe, int classes, List<RecipeProblem> problems, CancellationToken cancellationToken)
    {
        if (recipe.Task == TaskWords.Texts) return (CheckTextModel(recipe, classes, problems), null, null);
        try
        {
            var backbone = Backbones.Get(recipe.Model.Backbone);
            recipe = weights.Pin(recipe);
            var size = RunPlan.PreprocessingOf(recipe, backbone).Crop;
            if (size < backbone.MinimumInputSize)
                problems.Add(new(
                    "model.inputSize", $"{size} pixels are too few for {backbone.Name}, which needs at least {backbone.MinimumInputSize}."));
            using var model = backbone.Create(classes);
            if (problems.Count == 0) CheckPlan(recipe, model, classes, problems);

            // Nothing is fetched for a recipe that cannot be run anyway.
            if (await weights.LocateAsync(recipe, mayFetch: problems.Count == 0, cancellationToken) is not { } located) return (recipe, null, null);
            using var file = WeightFile.Open(located.Path);
            StateDict.Check(model, file, new(IgnoreHead: true));
            return (weights.Recognise(recipe, located.Sha256, file), located.Path, located.Sha256);
        }
        catch (RecipeException e)
        {
            problems.AddRange(e.Problems);
        }
        catch (LearningException e) when (e.Message.StartsWith("preprocessing:", StringComparison.Ordinal))
        {
            problems.Add(new("model.preprocessing", e.Message));
        }
        catch (WeightsMismatchException e)
        {
            problems.Add(new("model.weights", e.Message));
        }
        catch (WeightsFormatException e)
        {
            problems.Add(new("model.weights", e.Message));
        }
        catch (LearningException e)
        {
            problems.Add(new(e.Message.Contains("stage", StringComparison.Ordinal) ? "transfer.unfreeze" : "model.backbone", e.Message));
        }
        return (recipe, null, null);
    }

    private async Task<(EncoderSource?, string? Path, string? Sha256)> CheckEncoderAsync(
        Recipe recipe, int classes, List<RecipeProblem> problems, CancellationToken cancellationToken)
    {
        // Large files are opened for a recipe only that is right so far.
        if (problems.Count > 0) return default;
        try
        {
            var located = await weights.LocateAsync(recipe, mayFetch: true, cancellationToken);
            if (EncoderPreparation.Find(recipe, located?.Path, problems) is not { } source) return default;
            using var model = TextBackbones.Get(recipe.Model.Backbone).CreateSized(source.Configuration, classes);
            EncoderPreparation.Check(recipe, model, source, located?.Path, problems);
            if (problems.Count == 0) CheckPlan(recipe, model, classes, problems);
            return (source, located?.Path, located?.Sha256);
        }
        catch (RecipeException e)
        {
            problems.AddRange(e.Problems);
        }
        catch (LearningException e)
        {
            problems.Add(new(e.Message.Contains("stage", StringComparison.Ordinal) ? "transfer.unfreeze" : "model.backbone", e.Message));
        }
        return default;
    }

    private static Recipe CheckTextModel(Recipe recipe, int classes, List<RecipeProblem> problems)
    {
        // Tables are read for a recipe only that is right so far.
        if (problems.Count > 0) return recipe;
        try
        {
            using var model = TaskModel.Build(recipe, classes, null).Model;
            CheckPlan(recipe, model, classes, problems);
        }
        catch (LearningException e)
        {
            problems.Add(new(e.Message.Contains("stage", StringComparison.Ordinal) ? "transfer.unfreeze" : "model.vectors", e.Message));
        }
        return recipe with { Model = recipe.Model with { Weights = "none" } };
    }

    private static void CheckPlan(Recipe recipe, Classifier model, int classes, List<RecipeProblem> problems)
    {
        var plan = RunPlan.Of(recipe, model, classes);
        foreach (var phase in plan.Training.Phases) Freezing.Apply(model, phase, plan.Training.BatchNorm);
        var objective = RunPlan.ObjectiveOf(recipe, model);
        using var companion = objective.Companion;
        if (recipe.Training.Accumulate > 1 && plan.Training.Phases.SelectMany(objective.Terms).Any(term => term.Term.NeedsWholeBatch))
            problems.Add(new("training.accumulate",
                $"The method {recipe.Transfer.Method} compares the samples of a batch with each other, so a share of it cannot be computed in parts: use 1."));
    }

    private static string NameFor(string folder)
    {
        var parts = Path.TrimEndingDirectorySeparator(folder).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);

        // "leaves/train" is about leaves.
        var name = parts.Length > 1 && parts[^1] is "train" or "training" ? parts[^2] : parts.LastOrDefault() ?? "experiment";
        var clean = new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
        return clean.Length > 0 ? clean : "experiment";
    }
}
