using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Quickstart;

/// <summary>The three experiments of the quickstart. Ordinary recipes: everything in them can be written in a YAML file.</summary>
internal static class QuickstartRecipes
{
    /// <summary>Learns the source task from random weights.</summary>
    public static Recipe Pretrain(QuickstartPlan plan, LeafTasks tasks) => FromScratch(plan) with
    {
        Name = "quickstart-source",
        Data = new() { Train = tasks.Source, Validation = "0.1", Augment = "flip" },
        Training = new()
        {
            Epochs = plan.SourceEpochs,
            BatchSize = 64,
            Optimizer = new() { LearningRate = 2e-3, BackboneFactor = 1 },
            Seed = plan.Seed,
        },
    };

    /// <summary>
    /// Keeps what the source task taught and trains the new head alone: with so few labels, changing the rest loses more than it gains.
    /// </summary>
    /// <param name="weights">The pretrained network's safetensors file.</param>
    public static Recipe Transfer(QuickstartPlan plan, LeafTasks tasks, string weights) => Common(plan) with
    {
        Name = "quickstart-transfer",
        Model = Network(plan, weights),
        Data = FewLabels(tasks),
        Transfer = new() { Method = "feature-extraction", BatchNorm = "frozen" },
        Training = OnFewLabels(plan, new() { LearningRate = 3e-3 }),
    };

    /// <summary>
    /// The same network, labels and epochs without that start. What suits training from random weights is allowed: every layer learns at the full
    /// rate, batch statistics included.
    /// </summary>
    public static Recipe Scratch(QuickstartPlan plan, LeafTasks tasks) => FromScratch(plan) with
    {
        Name = "quickstart-scratch",
        Data = FewLabels(tasks),
        Training = OnFewLabels(plan, new() { LearningRate = 1e-3, BackboneFactor = 1 }),
    };

    private static Recipe FromScratch(QuickstartPlan plan) => Common(plan) with
    {
        Model = Network(plan, "none"),
        Transfer = new() { Method = "fine-tune", BatchNorm = "trainable" },
    };

    private static Recipe Common(QuickstartPlan plan) => new()
    {
        Resources = new() { Workers = plan.Workers, Device = "cpu" },
        Checkpoint = new() { EverySteps = 0, Keep = 1 },
    };

    private static ModelRecipe Network(QuickstartPlan plan, string weights) =>
        new() { Backbone = plan.Backbone, Weights = weights, InputSize = plan.InputSize, Head = new() { Dropout = 0 } };

    private static DataRecipe FewLabels(LeafTasks tasks) => new() { Train = tasks.Train, Validation = "0.2", Augment = "flip" };

    private static TrainingRecipe OnFewLabels(QuickstartPlan plan, OptimizerRecipe optimizer) => new()
    {
        Epochs = plan.TargetEpochs,
        // Every replica needs a few pictures for its batch statistics.
        BatchSize = Math.Max(16, 4 * plan.Workers),
        Optimizer = optimizer,
        Seed = plan.Seed,
    };
}
