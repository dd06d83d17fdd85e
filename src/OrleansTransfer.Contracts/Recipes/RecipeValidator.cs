using System.Text.RegularExpressions;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>
/// Checks what can be said of a recipe from its values alone, without looking at files, catalogue or cluster. The command line asks it before
/// anything is sent, the node again for whoever sends a recipe without the command line.
/// </summary>
public static partial class RecipeValidator
{
    /// <summary>Every problem; empty for a recipe that is valid in itself.</summary>
    public static IReadOnlyList<RecipeProblem> Check(Recipe recipe)
    {
        var problems = new List<RecipeProblem>();
        foreach (var key in RecipeSchema.Keys)
            if (key.Allowed is { } allowed) CheckWord(key, allowed, (string)key.Get(recipe), problems);

        CheckName(recipe.Name, problems);
        CheckModel(recipe.Model, problems);
        CheckData(recipe, problems);
        CheckTexts(recipe, problems);
        CheckTransfer(recipe, problems);
        CheckAdaptation(recipe, problems);
        if (recipe.Model.From.Length > 0) FinishedModelRules.Check(recipe, problems);
        CheckTraining(recipe.Training, problems);
        CheckResources(recipe, problems);
        return problems;
    }

    private static void CheckWord(RecipeKey<Recipe> key, IReadOnlyList<string> allowed, string word, List<RecipeProblem> problems)
    {
        if (allowed.Contains(word)) return;
        problems.Add(key.Planned.Contains(word)
            ? new(key.Path, $"'{word}' is not supported by this version; allowed: {string.Join(", ", allowed)}.")
            : new(key.Path, $"Found '{word}'; expected one of {string.Join(", ", allowed)}; the nearest is '{NearestName.Of(word, allowed)}'."));
    }

    private static void CheckName(string name, List<RecipeProblem> problems)
    {
        if (name.Length > 100) problems.Add(new("name", $"The name has {name.Length} characters; at most 100 are allowed."));
        if (name.Length > 0 && !PlainName().IsMatch(name))
            problems.Add(new("name", $"'{name}' cannot begin an id; use letters, digits, '.', '_' and '-', the first one a letter or digit."));
    }

    private static void CheckModel(ModelRecipe model, List<RecipeProblem> problems)
    {
        if (model.Backbone.Length == 0) problems.Add(new("model.backbone", "The backbone has no name; `otx models list` shows those there are."));
        if (model.Weights.Length == 0) problems.Add(new("model.weights",
            "Found an empty text; expected imagenet, none, a name like resnet50/imagenet1k_v2, the path of a file, or an address."));
        if (RecipePaths.IsUrl(model.Weights)
            && !(Uri.TryCreate(model.Weights, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            problems.Add(new("model.weights", $"Found '{model.Weights}'; expected an address that begins with https:// or http://."));
        if (model.Weights.StartsWith(RecipePaths.BlobScheme, StringComparison.Ordinal) && !ImportedWeights().IsMatch(model.Weights))
            problems.Add(new("model.weights",
                $"Found '{model.Weights}'; expected 'blob:' and 64 lower-case hexadecimal digits, the SHA-256 of imported weights."));
        if (model.Head.Dropout is not (>= 0 and < 1))
            problems.Add(new("model.head.dropout", $"Found {RecipeText.Of(model.Head.Dropout)}; expected a number from 0 to below 1."));
        if (model.InputSize != 0) AtLeast("model.inputSize", model.InputSize, 16, problems, ", or 0 for what the weights expect");
    }

    private static void CheckData(Recipe recipe, List<RecipeProblem> problems)
    {
        var (data, task) = (recipe.Data, recipe.Task);
        if (data.Train.Length == 0 && recipe.Model.From.Length == 0)
            problems.Add(new("data.train",
                "The training data is missing; give a folder that has one folder of pictures per label. It is the only key without a default."));
        CheckSamples(task, "data.train", data.Train, problems);

        if (RecipePaths.ValidationFraction(data.Validation) is { } fraction)
        {
            if (fraction is not (> 0 and < 1))
                problems.Add(new("data.validation",
                    $"Found {data.Validation}; expected a fraction between 0 and 1, such as 0.2, or the path of a folder."));
        }
        else if (data.Validation.Length == 0) problems.Add(new("data.validation",
            "Found an empty text; expected a fraction such as 0.2, or the path of a folder."));
        else CheckSamples(task, "data.validation", data.Validation, problems);

        CheckSamples(task, "data.target", data.Target, problems);
        CheckSamples(task, "data.targetTest", data.TargetTest, problems);

        var repeated = data.Labels.GroupBy(label => label).Where(group => group.Count() > 1).Select(group => $"'{group.Key}'").ToList();
        if (repeated.Count > 0) problems.Add(new("data.labels",
            $"Each label may be listed once; found more than once: {string.Join(", ", repeated)}."));
        if (data.Labels.Any(label => label.Length == 0)) problems.Add(new("data.labels", "A label is empty; each needs a name, that of its folder."));
        if (data.Labels.Count == 1) problems.Add(new("data.labels",
            $"Only the label '{data.Labels[0]}' is listed; a classifier needs at least two."));
    }

    private static void CheckSamples(string task, string path, string value, List<RecipeProblem> problems)
    {
        if (value.Length == 0) return;
        var isTable = Path.GetExtension(value).ToLowerInvariant() is ".csv" or ".tsv" or ".tab" or ".jsonl" or ".ndjson" or ".txt";
        if (value.StartsWith("dataset:", StringComparison.Ordinal) || RecipePaths.IsUrl(value))
            problems.Add(new(path, $"'{value}' is not supported by this version; allowed: "
                + (task == TaskWords.Texts ? "a table of texts (.csv, .tsv, .jsonl)." : "a folder that has one folder of pictures per label.")));
        else if (task == TaskWords.Images && isTable)
            problems.Add(new(path, $"'{value}' is a table, and the task is {task}; give a folder of pictures, or task: {TaskWords.Texts}."));
        else if (task == TaskWords.Texts && !isTable)
            problems.Add(new(path, $"'{value}' is no table of texts; expected a file that ends in .csv, .tsv or .jsonl, or without labels in .txt."));
    }

    private static void CheckTexts(Recipe recipe, List<RecipeProblem> problems)
    {
        var (model, data) = (recipe.Model, recipe.Data);
        AtLeast("model.hidden", model.Hidden, 0, problems, "; 0 for no hidden layer");
        AtLeast("data.maximumLength", data.MaximumLength, 1, problems);
        // A finished model's network is known when its bundle has been looked at.
        if (model.From.Length > 0 && !FinishedModelRules.IsPinned(model)) return;
        var isEncoder = TaskWords.Encoders.Contains(model.Backbone);
        CheckLowRank(recipe, isEncoder, problems);
        if (recipe.Task == TaskWords.Images)
        {
            if (model.Backbone == TaskWords.WordVectors || isEncoder)
                problems.Add(new("model.backbone", $"{model.Backbone} is for texts, and the task is {recipe.Task}."));
            return;
        }
        if (recipe.Task != TaskWords.Texts) return;
        if (isEncoder) CheckEncoder(model, data, problems);
        else if (model.Backbone == TaskWords.WordVectors)
        {
            if (model.From.Length == 0) CheckWordVectors(model, problems);
        }
        else
            problems.Add(new("model.backbone",
                $"Found '{model.Backbone}'; for texts there are {TaskWords.WordVectors} and the encoders {string.Join(", ", TaskWords.Encoders)}."));
        if (data.Groups.Count > 0) problems.Add(new("data.groups", "Labels are joined for folders of pictures only; change the table instead."));
    }

    private static void CheckWordVectors(ModelRecipe model, List<RecipeProblem> problems)
    {
        if (model.Vectors.Count == 0)
            problems.Add(new("model.vectors",
                "The tables of word vectors are missing; give at least one: safetensors with a NAME.vocab.txt beside it, or the text format of word2vec."));
        if (model.Weights is not ("imagenet" or "none"))
            problems.Add(new("model.weights", $"Found '{model.Weights}'; {TaskWords.WordVectors} starts from model.vectors and takes no other weights: use none."));
    }

    private static void CheckEncoder(ModelRecipe model, DataRecipe data, List<RecipeProblem> problems)
    {
        if (model.Weights == "imagenet" || RecipePaths.IsWeightsName(model.Weights))
            problems.Add(new("model.weights",
                $"Found '{model.Weights}', which is of pictures{(model.Weights == "imagenet" ? " and what a recipe without this key has" : "")}; "
                + $"{model.Backbone} takes a file, model.safetensors as its public repository has it, or none."));
        if (model.Vectors.Count > 0)
            problems.Add(new("model.vectors", $"Tables of word vectors are for the backbone {TaskWords.WordVectors}; {model.Backbone} has its own."));
        if (data.MaximumLength is 1 or 2)
            problems.Add(new("data.maximumLength",
                $"Found {data.MaximumLength}; {model.Backbone} frames each text with two tokens, so expected is at least 3."));
    }

    private static void CheckLowRank(Recipe recipe, bool isEncoder, List<RecipeProblem> problems)
    {
        var lora = recipe.Model.Lora;
        AtLeast("model.lora.rank", lora.Rank, 0, problems, "; 0 for no low-rank updates");
        if (!(lora.Alpha >= 0 && double.IsFinite(lora.Alpha)))
            problems.Add(new("model.lora.alpha", $"Found {RecipeText.Of(lora.Alpha)}; expected a number above 0, or 0 for twice the rank."));
        else if (lora.Alpha > 0 && lora.Rank == 0)
            problems.Add(new("model.lora.rank", $"Found 0 beside an alpha of {RecipeText.Of(lora.Alpha)}; expected at least 1, for instance 8."));
        if (lora.Dropout is not (>= 0 and < 1))
            problems.Add(new("model.lora.dropout", $"Found {RecipeText.Of(lora.Dropout)}; expected a number from 0 to below 1."));
        CheckLowRankTargets(lora.Targets, problems);
        if (lora.Rank == 0 && (lora.Dropout > 0 || !lora.Targets.SequenceEqual(new LowRankRecipe().Targets)))
            problems.Add(new("model.lora.rank", "Found 0 beside a dropout or targets of its own; expected at least 1, for instance 8."));
        if (lora.Rank <= 0) return;
        if (!isEncoder)
            problems.Add(new("model.lora.rank",
                $"Low-rank updates are for text encoders, and {recipe.Model.Backbone} is none; leave them out."));
        else if (recipe.Transfer.Unfreeze == "none")
            problems.Add(new("transfer.unfreeze", "With none the low-rank updates of model.lora do not train; unfreeze stages, or leave them out."));
        else if (recipe.Transfer.Method == "feature-extraction")
            problems.Add(new("transfer.method",
                "With feature-extraction the low-rank updates of model.lora do not train; use fine-tune, or leave them out."));
    }

    private static void CheckLowRankTargets(IReadOnlyList<string> targets, List<RecipeProblem> problems)
    {
        const string path = "model.lora.targets";
        var words = TaskWords.LowRankTargets;
        if (targets.Count == 0) problems.Add(new(path, $"Found none; expected at least one of {string.Join(", ", words)}."));
        foreach (var target in targets.Distinct().Except(words))
            problems.Add(new(
                path, $"Found '{target}'; expected any of {string.Join(", ", words)}; the nearest is '{NearestName.Of(target, words)}'."));
        if (targets.GroupBy(target => target).FirstOrDefault(group => group.Count() > 1) is { } twice)
            problems.Add(new(path, $"Found '{twice.Key}' more than once; each matrix has one update."));
    }

    private static void CheckTransfer(Recipe recipe, List<RecipeProblem> problems)
    {
        var (transfer, epochs) = (recipe.Transfer, recipe.Training.Epochs);
        if (transfer.Method is "lp-ft" or "gradual" && epochs == 1)
            problems.Add(new("training.epochs",
                $"Found 1; the method {transfer.Method} trains in several phases of at least one epoch each and needs at least 2."));
        if (transfer.Unfreeze.Length == 0) problems.Add(new("transfer.unfreeze",
            "Found an empty text; expected all, none, last-N-stages or the name of a stage."));
        if (transfer.Unfreeze.StartsWith("last-", StringComparison.Ordinal) && !LastStages().IsMatch(transfer.Unfreeze))
            problems.Add(new("transfer.unfreeze",
                $"Found '{transfer.Unfreeze}'; expected a whole number from 1 up in its middle, for instance last-2-stages."));
        if (transfer.Unfreeze == "none" && transfer.Method is "lp-ft" or "gradual")
            problems.Add(new("transfer.unfreeze",
                $"With none the method {transfer.Method} has nothing to fine-tune; use the method feature-extraction, or unfreeze stages."));
    }

    private static void CheckAdaptation(Recipe recipe, List<RecipeProblem> problems)
    {
        var (transfer, data) = (recipe.Transfer, recipe.Data);
        var adapts = AdaptationWords.Methods.Contains(transfer.Method);
        if (adapts && data.Target.Length == 0 && recipe.Model.From.Length == 0)
            problems.Add(new("data.target", $"The method {transfer.Method} needs pictures of a target domain, without labels; give their folder."));
        if (!adapts && data.Target.Length > 0)
            problems.Add(new("transfer.method",
                $"The method {transfer.Method} does not look at data.target; use source-only to judge the model there without adapting it, or one of "
                + $"{string.Join(", ", AdaptationWords.Methods.Skip(1))}; or leave data.target out."));
        if (data.TargetTest.Length > 0 && data.Target.Length == 0)
            problems.Add(new("data.targetTest", "There is no data.target that these pictures could be of; give it, or use data.validation."));
        if (!(transfer.Weight > 0 && double.IsFinite(transfer.Weight)))
            problems.Add(new("transfer.weight", $"Found {RecipeText.Of(transfer.Weight)}; expected a number above 0, 1 for the published weight."));
        if (transfer.Confidence is not (> 0 and < 1))
            problems.Add(new("transfer.confidence", $"Found {RecipeText.Of(transfer.Confidence)}; expected a number between 0 and 1, for instance 0.95."));
        if (AdaptationWords.SourceFree.Contains(transfer.Method) && recipe is { Training.Epochs: 1, Model.From: "" })
            problems.Add(new("training.epochs", $"Found 1; the method {transfer.Method} trains on the source first, then on the target, and needs at least 2."));
        if (transfer.Method == AdaptationWords.WordEvidence)
        {
            if (recipe.Training.Epochs < 3)
                problems.Add(new("training.epochs",
                    $"Found {recipe.Training.Epochs}; the method {transfer.Method} has three steps of at least one epoch each and needs at least 3."));
            if (recipe.Model.Backbone != TaskWords.WordVectors)
                problems.Add(new("transfer.method",
                    $"The method {transfer.Method} is for texts and the backbone {TaskWords.WordVectors}; the recipe has {recipe.Model.Backbone}."));
        }
        if (transfer.Method == "shot" && transfer.Unfreeze == "none")
            problems.Add(new("transfer.unfreeze", "With none the method shot has nothing to adapt: it keeps the head. Unfreeze stages."));
    }

    private static void CheckTraining(TrainingRecipe training, List<RecipeProblem> problems)
    {
        AtLeast("training.epochs", training.Epochs, 1, problems);
        AtLeast("training.batchSize", training.BatchSize, 0, problems);
        AtLeast("training.accumulate", training.Accumulate, 1, problems);

        var optimizer = training.Optimizer;
        if (!(optimizer.LearningRate > 0 && double.IsFinite(optimizer.LearningRate)))
            problems.Add(new("training.optimizer.learningRate",
                $"Found {RecipeText.Of(optimizer.LearningRate)}; expected a number above 0, for instance 0.001."));
        NotNegative("training.optimizer.backboneFactor", optimizer.BackboneFactor, problems);
        NotNegative("training.optimizer.weightDecay", optimizer.WeightDecay, problems);
    }

    private static void CheckResources(Recipe recipe, List<RecipeProblem> problems)
    {
        var resources = recipe.Resources;
        AtLeast("resources.workers", resources.Workers, 0, problems, "; 0 takes every device");
        AtLeast("resources.minWorkers", resources.MinWorkers, 1, problems);
        if (resources.Workers > 0 && resources.MinWorkers > resources.Workers)
            problems.Add(new("resources.minWorkers",
                $"Found {resources.MinWorkers}, more than the {resources.Workers} of resources.workers; lower it or raise that."));
        if (!(resources.ExcludeSlowerThan == 0 || resources.ExcludeSlowerThan >= 1.5))
            problems.Add(new("resources.excludeSlowerThan",
                $"Found {RecipeText.Of(resources.ExcludeSlowerThan)}; expected 0 for never, or at least 1.5 times the others' time per step."));
        if (recipe.Training.BatchSize >= 1 && resources.Workers > recipe.Training.BatchSize)
            problems.Add(new("training.batchSize",
                $"Found {recipe.Training.BatchSize} samples for {resources.Workers} workers, fewer than one each. Raise it, or use fewer workers."));

        AtLeast("checkpoint.everySteps", recipe.Checkpoint.EverySteps, 0, problems, "; 0 saves at the end of each epoch only");
        AtLeast("checkpoint.keep", recipe.Checkpoint.Keep, 1, problems);
        if (!(recipe.Exchange.BucketMegabytes is > 0 and <= 1024))
            problems.Add(new("exchange.bucketMegabytes",
                $"Found {RecipeText.Of(recipe.Exchange.BucketMegabytes)}; expected a number above 0, at most 1024."));
    }

    private static void AtLeast(string path, long value, long least, List<RecipeProblem> problems, string remark = "")
    {
        if (value < least) problems.Add(new(path, $"Found {value}; expected at least {least}{remark}."));
    }

    private static void NotNegative(string path, double value, List<RecipeProblem> problems)
    {
        if (!(value >= 0 && double.IsFinite(value))) problems.Add(new(path, $"Found {RecipeText.Of(value)}; expected 0 or more."));
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex PlainName();

    [GeneratedRegex(@"\Ablob:[0-9a-f]{64}\z")]
    private static partial Regex ImportedWeights();

    [GeneratedRegex("^last-[1-9][0-9]{0,3}-stages$")]
    private static partial Regex LastStages();
}
