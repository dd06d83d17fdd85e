namespace OrleansTransfer.Contracts.Recipes;

/// <summary>Every key of a recipe, in the order in which a recipe is written. A new key is one line here, beside its property.</summary>
internal static class RecipeSchema
{
    /// <summary>All keys.</summary>
    public static IReadOnlyList<RecipeKey<Recipe>> Keys { get; } =
    [
        Text("name", r => r.Name, (r, v) => r with { Name = v }),
        Text("task", r => r.Task, (r, v) => r with { Task = v }, ["image-classification", "text-classification"]),

        Text("model.from", r => r.Model.From, (r, v) => r with { Model = r.Model with { From = v } }),
        Text("model.backbone", r => r.Model.Backbone, (r, v) => r with { Model = r.Model with { Backbone = v } }),
        Text("model.weights", r => r.Model.Weights, (r, v) => r with { Model = r.Model with { Weights = v } }),
        Text("model.head.type", r => r.Model.Head.Type, (r, v) => Head(r, r.Model.Head with { Type = v }), ["linear"]),
        Number("model.head.dropout", r => r.Model.Head.Dropout, (r, v) => Head(r, r.Model.Head with { Dropout = v })),
        Integer("model.inputSize", r => r.Model.InputSize, (r, v) => r with { Model = r.Model with { InputSize = (int)v } }),
        Text("model.preprocessing", r => r.Model.Preprocessing, (r, v) => r with { Model = r.Model with { Preprocessing = v } }),

        new("model.vectors", RecipeValueKind.TextList, r => r.Model.Vectors,
            (r, v) => r with { Model = r.Model with { Vectors = (IReadOnlyList<string>)v } }),
        Text("model.pooling", r => r.Model.Pooling, (r, v) => r with { Model = r.Model with { Pooling = v } },
            ["mean", "attention", "convolution", "transformer"]),
        Text("model.unknown", r => r.Model.Unknown, (r, v) => r with { Model = r.Model with { Unknown = v } }, ["drop", "ngrams"]),
        Integer("model.hidden", r => r.Model.Hidden, (r, v) => r with { Model = r.Model with { Hidden = (int)v } }),
        Text("model.tokenizer", r => r.Model.Tokenizer, (r, v) => r with { Model = r.Model with { Tokenizer = v } }),
        Text("model.config", r => r.Model.Config, (r, v) => r with { Model = r.Model with { Config = v } }),
        Integer("model.lora.rank", r => r.Model.Lora.Rank, (r, v) => Lora(r, r.Model.Lora with { Rank = (int)v })),
        Number("model.lora.alpha", r => r.Model.Lora.Alpha, (r, v) => Lora(r, r.Model.Lora with { Alpha = v })),
        Number("model.lora.dropout", r => r.Model.Lora.Dropout, (r, v) => Lora(r, r.Model.Lora with { Dropout = v })),
        new("model.lora.targets", RecipeValueKind.TextList, r => r.Model.Lora.Targets,
            (r, v) => Lora(r, r.Model.Lora with { Targets = (IReadOnlyList<string>)v })),

        Text("data.train", r => r.Data.Train, (r, v) => r with { Data = r.Data with { Train = v } }),
        Text("data.validation", r => r.Data.Validation, (r, v) => r with { Data = r.Data with { Validation = v } }),
        Text("data.augment", r => r.Data.Augment,
            (r, v) => r with { Data = r.Data with { Augment = v } }, ["none", "flip", "crop", "affine", "standard"], ["trivial", "rand"]),
        new("data.labels", RecipeValueKind.TextList, r => r.Data.Labels,
            (r, v) => r with { Data = r.Data with { Labels = (IReadOnlyList<string>)v } }),
        new("data.groups", RecipeValueKind.TextList, r => r.Data.Groups,
            (r, v) => r with { Data = r.Data with { Groups = (IReadOnlyList<string>)v } }),
        Integer("data.maximumLength", r => r.Data.MaximumLength, (r, v) => r with { Data = r.Data with { MaximumLength = (int)v } }),
        Text("data.target", r => r.Data.Target, (r, v) => r with { Data = r.Data with { Target = v } }),
        Text("data.targetTest", r => r.Data.TargetTest, (r, v) => r with { Data = r.Data with { TargetTest = v } }),

        Text("transfer.method", r => r.Transfer.Method, (r, v) => r with { Transfer = r.Transfer with { Method = v } },
            ["feature-extraction", "fine-tune", "lp-ft", "gradual", .. AdaptationWords.Methods]),
        Text("transfer.unfreeze", r => r.Transfer.Unfreeze, (r, v) => r with { Transfer = r.Transfer with { Unfreeze = v } }),
        Text("transfer.batchNorm", r => r.Transfer.BatchNorm, (r, v) => r with { Transfer = r.Transfer with { BatchNorm = v } },
            ["frozen", "statistics-frozen", "trainable", "synchronized"]),
        Number("transfer.weight", r => r.Transfer.Weight, (r, v) => r with { Transfer = r.Transfer with { Weight = v } }),
        Number("transfer.confidence", r => r.Transfer.Confidence, (r, v) => r with { Transfer = r.Transfer with { Confidence = v } }),
        Text("transfer.validator", r => r.Transfer.Validator, (r, v) => r with { Transfer = r.Transfer with { Validator = v } },
            AdaptationWords.Validators),

        Integer("training.epochs", r => r.Training.Epochs, (r, v) => r with { Training = r.Training with { Epochs = (int)v } }),
        Integer("training.batchSize", r => r.Training.BatchSize, (r, v) => r with { Training = r.Training with { BatchSize = (int)v } }),
        Integer("training.accumulate", r => r.Training.Accumulate, (r, v) => r with { Training = r.Training with { Accumulate = (int)v } }),
        Text("training.optimizer.type", r => r.Training.Optimizer.Type,
            (r, v) => Optimizer(r, r.Training.Optimizer with { Type = v }), ["adamw", "sgd"]),
        Number("training.optimizer.learningRate", r => r.Training.Optimizer.LearningRate,
            (r, v) => Optimizer(r, r.Training.Optimizer with { LearningRate = v })),
        Number("training.optimizer.backboneFactor", r => r.Training.Optimizer.BackboneFactor,
            (r, v) => Optimizer(r, r.Training.Optimizer with { BackboneFactor = v })),
        Number("training.optimizer.weightDecay", r => r.Training.Optimizer.WeightDecay,
            (r, v) => Optimizer(r, r.Training.Optimizer with { WeightDecay = v })),
        Text("training.schedule", r => r.Training.Schedule, (r, v) => r with { Training = r.Training with { Schedule = v } },
            ["constant", "cosine", "one-cycle", "step"]),
        Text("training.precision", r => r.Training.Precision, (r, v) => r with { Training = r.Training with { Precision = v } }, ["fp32"], ["bf16"]),
        new("training.seed", RecipeValueKind.Integer, r => r.Training.Seed, (r, v) => r with { Training = r.Training with { Seed = (long)v } }),

        Integer("resources.workers", r => r.Resources.Workers, (r, v) => r with { Resources = r.Resources with { Workers = (int)v } }),
        Integer("resources.minWorkers", r => r.Resources.MinWorkers, (r, v) => r with { Resources = r.Resources with { MinWorkers = (int)v } }),
        Text("resources.device", r => r.Resources.Device, (r, v) => r with { Resources = r.Resources with { Device = v } }, ["auto", "cpu", "cuda"]),
        Integer("resources.priority", r => r.Resources.Priority, (r, v) => r with { Resources = r.Resources with { Priority = (int)v } }),
        Number("resources.excludeSlowerThan", r => r.Resources.ExcludeSlowerThan,
            (r, v) => r with { Resources = r.Resources with { ExcludeSlowerThan = v } }),

        Integer("checkpoint.everySteps", r => r.Checkpoint.EverySteps, (r, v) => r with { Checkpoint = r.Checkpoint with { EverySteps = (int)v } }),
        Integer("checkpoint.keep", r => r.Checkpoint.Keep, (r, v) => r with { Checkpoint = r.Checkpoint with { Keep = (int)v } }),

        Number("exchange.bucketMegabytes", r => r.Exchange.BucketMegabytes, (r, v) => r with { Exchange = r.Exchange with { BucketMegabytes = v } }),
        Text("exchange.wire", r => r.Exchange.Wire, (r, v) => r with { Exchange = r.Exchange with { Wire = v } }, ["fp32", "bf16"]),
    ];

    /// <summary>Paths of all keys.</summary>
    public static IReadOnlyList<string> Paths { get; } = [.. Keys.Select(key => key.Path)];

    /// <summary>Paths that hold other keys.</summary>
    public static IReadOnlySet<string> Sections { get; } = Keys.SelectMany(key => Ancestors(key.Path)).ToHashSet();

    /// <summary>The key of this path, or null.</summary>
    public static RecipeKey<Recipe>? Find(string path) => Keys.FirstOrDefault(key => key.Path == path);

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var dot = path.LastIndexOf('.'); dot >= 0; dot = path.LastIndexOf('.'))
            yield return path = path[..dot];
    }

    private static Recipe Head(Recipe recipe, HeadRecipe head) => recipe with { Model = recipe.Model with { Head = head } };

    private static Recipe Lora(Recipe recipe, LowRankRecipe lora) => recipe with { Model = recipe.Model with { Lora = lora } };

    private static Recipe Optimizer(Recipe recipe, OptimizerRecipe optimizer) =>
        recipe with { Training = recipe.Training with { Optimizer = optimizer } };

    private static RecipeKey<Recipe> Text(
        string path,
        Func<Recipe, string> get,
        Func<Recipe, string, Recipe> set,
        IReadOnlyList<string>? allowed = null,
        IReadOnlyList<string>? planned = null) =>
        new(path, RecipeValueKind.Text, get, (recipe, value) => set(recipe, (string)value)) { Allowed = allowed, Planned = planned ?? [] };

    private static RecipeKey<Recipe> Integer(string path, Func<Recipe, int> get, Func<Recipe, long, Recipe> set) =>
        new(path, RecipeValueKind.Integer, recipe => (long)get(recipe), (recipe, value) => set(recipe, (long)value))
        {
            Least = int.MinValue,
            Most = int.MaxValue,
        };

    private static RecipeKey<Recipe> Number(string path, Func<Recipe, double> get, Func<Recipe, double, Recipe> set) =>
        new(path, RecipeValueKind.Number, recipe => get(recipe), (recipe, value) => set(recipe, (double)value));
}
