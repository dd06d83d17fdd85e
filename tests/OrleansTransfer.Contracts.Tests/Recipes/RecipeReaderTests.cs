using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Tests.Recipes;

public sealed class RecipeReaderTests
{
    private const string Smallest = "data: { train: ./leaves }";

    [Fact]
    public void Every_key_but_the_training_data_has_a_default()
    {
        var recipe = Parse(Smallest);
        Assert.Equal(new Recipe().Training, recipe.Training);
        Assert.Equal("./leaves", recipe.Data.Train);
    }

    [Fact]
    public void All_keys_of_the_format_are_read()
    {
        var recipe = Parse("""
            name: leaf-disease
            task: image-classification
            model:
              backbone: resnet18
              weights: none
              head: { type: linear, dropout: 0.4 }
              inputSize: 160
            data:
              train: ./leaves/train
              validation: ./leaves/test
              augment: flip
              labels: [healthy, diseased]
            transfer: { method: lp-ft, unfreeze: last-2-stages, batchNorm: statistics-frozen }
            training:
              epochs: 4
              batchSize: 32
              optimizer: { type: sgd, learningRate: 1e-2, backboneFactor: 0.5, weightDecay: 0 }
              schedule: cosine
              precision: fp32
              seed: 7
            resources: { workers: 2, minWorkers: 2, device: cpu, priority: -1 }
            checkpoint: { everySteps: 0, keep: 3 }
            exchange: { bucketMegabytes: 0.5, wire: fp32 }
            """);

        Assert.Equal("leaf-disease", recipe.Name);
        Assert.Equal(new HeadRecipe { Dropout = 0.4 }, recipe.Model.Head);
        Assert.Equal(160, recipe.Model.InputSize);
        Assert.Equal(["healthy", "diseased"], recipe.Data.Labels);
        Assert.Equal(new TransferRecipe { Method = "lp-ft", Unfreeze = "last-2-stages", BatchNorm = "statistics-frozen" }, recipe.Transfer);
        Assert.Equal(new OptimizerRecipe { Type = "sgd", LearningRate = 0.01, BackboneFactor = 0.5, WeightDecay = 0 }, recipe.Training.Optimizer);
        Assert.Equal(new ResourcesRecipe { Workers = 2, MinWorkers = 2, Device = "cpu", Priority = -1 }, recipe.Resources);
        Assert.Equal(new CheckpointRecipe { EverySteps = 0, Keep = 3 }, recipe.Checkpoint);
        Assert.Equal(0.5, recipe.Exchange.BucketMegabytes);
    }

    [Fact]
    public void Json_is_read_like_yaml() =>
        Assert.Equal(3, Parse("""{"data": {"train": "./leaves"}, "training": {"epochs": 3}}""").Training.Epochs);

    [Theory]
    [InlineData("trainig: { epochs: 3 }", "trainig", "'training'")]
    [InlineData("training: { epoch: 3 }", "training.epoch", "'training.epochs'")]
    [InlineData("training: { batchsize: 3 }", "training.batchsize", "'training.batchSize'")]
    [InlineData("model: { head: { drop: 0.1 } }", "model.head.drop", "'model.head.dropout'")]
    [InlineData("epochs: 3", "epochs", "'training.epochs'")]
    [InlineData("training: { learningRate: 0.1 }", "training.learningRate", "'training.optimizer.learningRate'")]
    public void An_unknown_key_names_the_nearest_known_one(string text, string path, string nearest)
    {
        var problem = Assert.Single(Problems($"{Smallest}\n{text}"));
        Assert.Equal(path, problem.Path);
        Assert.Contains(nearest, problem.Message);
        Assert.Contains("(leaves.yaml, line 2)", problem.Message);
    }

    [Fact]
    public void Every_problem_is_reported_at_once()
    {
        var problems = Problems("""
            nam: x
            training:
              epochs: ten
              batchSize: -1
              schedule: cosin
            transfer: [1]
            model: { head: { dropout: 1 }, weights: ftp://example.org/w }
            resources: { workers: 1, minWorkers: 2 }
            """);

        Assert.Equal(
            [
                "data.train", "model.head.dropout", "model.weights", "nam", "resources.minWorkers",
                "training.batchSize", "training.epochs", "training.schedule", "transfer",
            ],
            problems.Select(problem => problem.Path).Order(StringComparer.Ordinal));
        Assert.Contains("Found ten; expected a whole number", Message(problems, "training.epochs"));
        Assert.Contains("expected one of constant, cosine", Message(problems, "training.schedule"));
        Assert.Contains("line 4", Message(problems, "training.batchSize"));
    }

    [Theory]
    [InlineData("data: { train: x, augment: trivial }", "data.augment")]
    [InlineData("data: { train: dataset:leaves@3 }", "data.train")]
    [InlineData("data: { train: x }\ntraining: { precision: bf16 }", "training.precision")]
    public void What_the_format_knows_and_this_version_does_not_is_said_so(string text, string path)
    {
        var problem = Assert.Single(Problems(text));
        Assert.Equal(path, problem.Path);
        Assert.Contains("not supported by this version", problem.Message);
        Assert.Contains("allowed:", problem.Message);
    }

    [Theory]
    [InlineData("training: { epochs: \"3\" }", "the text \"3\"")]
    [InlineData("training: { epochs: 3.5 }", "Found 3.5")]
    [InlineData("training: { epochs: 99999999999 }", "Found 99999999999")]
    [InlineData("training: { epochs: }", "no value")]
    [InlineData("training: { epochs: [1] }", "a list")]
    public void A_value_of_the_wrong_type_says_what_was_found(string text, string found)
    {
        var problem = Assert.Single(Problems($"{Smallest}\n{text}"));
        Assert.Equal("training.epochs", problem.Path);
        Assert.Contains(found, problem.Message);
        Assert.Contains("expected a whole number", problem.Message);
    }

    [Fact]
    public void A_section_whose_keys_are_all_commented_out_is_empty() =>
        Assert.Equal(10, Parse($"{Smallest}\ntraining:\n  # epochs: 3\n").Training.Epochs);

    [Theory]
    [InlineData("training: {epochs: 3", "not valid YAML")]
    [InlineData("training: { epochs: 3 }\ntraining: { epochs: 4 }", "not valid YAML")]
    [InlineData("- 1\n- 2", "found a list")]
    [InlineData("a: 1\n---\nb: 2", "2 YAML documents")]
    public void Text_that_is_no_recipe_is_reported_with_its_line(string text, string message)
    {
        var problem = Problems(text)[0];
        Assert.Contains(message, problem.Message);
        Assert.Contains("(leaves.yaml, line", problem.Message);
    }

    [Fact]
    public void Overrides_win_over_the_text_and_later_ones_over_earlier_ones()
    {
        var recipe = Parse(
            $"{Smallest}\ntraining: {{ epochs: 5, batchSize: 8 }}",
            "training.epochs=6", "training.epochs=7", "data.labels=[a, b]",
            "model.weights=./w=1.safetensors", "training.optimizer.learningRate=1e-4");
        Assert.Equal((7, 8), (recipe.Training.Epochs, recipe.Training.BatchSize));
        Assert.Equal(["a", "b"], recipe.Data.Labels);
        Assert.Equal("./w=1.safetensors", recipe.Model.Weights);
        Assert.Equal(1e-4, recipe.Training.Optimizer.LearningRate);
    }

    [Theory]
    [InlineData("training.epoch=3", "training.epoch", "'training.epochs'")]
    [InlineData("epochs=3", "epochs", "'training.epochs'")]
    [InlineData("training=3", "training", "section")]
    [InlineData("training.epochs=many", "training.epochs", "many")]
    [InlineData("training.epochs", "", "path=value")]
    public void An_override_that_cannot_be_applied_is_a_problem(string set, string path, string message)
    {
        var problem = Assert.Single(Problems(Smallest, set));
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void Each_value_knows_where_it_came_from()
    {
        var reading = RecipeReader.Read($"{Smallest}\ntraining:\n  epochs: 5\n  batchSize: 8", "leaves.yaml", ["training.batchSize=16"]);
        Assert.Equal((RecipeOrigin.Recipe, 3), Origin(reading, "training.epochs"));
        Assert.Equal((RecipeOrigin.Set, 0), Origin(reading, "training.batchSize"));
        Assert.Equal((RecipeOrigin.Default, 0), Origin(reading, "training.seed"));

        var lines = RecipeWriter.Explain(reading, "leaves.yaml").Split('\n');
        Assert.Contains(lines, line => line.StartsWith("  epochs: 5 ") && line.EndsWith("# leaves.yaml, line 3"));
        Assert.Contains(lines, line => line.StartsWith("  batchSize: 16 ") && line.EndsWith("# --set"));
        Assert.Contains(lines, line => line.StartsWith("  seed: 42 ") && line.EndsWith("# default"));
    }

    private static (RecipeOrigin, int) Origin(RecipeReading reading, string path)
    {
        var setting = reading.Settings.Single(setting => setting.Path == path);
        return (setting.Origin, setting.Line);
    }

    private static Recipe Parse(string text, params string[] sets) => RecipeReader.Parse(text, "leaves.yaml", sets);

    private static IReadOnlyList<RecipeProblem> Problems(string text, params string[] sets) =>
        Assert.Throws<RecipeException>(() => Parse(text, sets)).Problems;

    private static string Message(IReadOnlyList<RecipeProblem> problems, string path) => problems.Single(problem => problem.Path == path).Message;
}
