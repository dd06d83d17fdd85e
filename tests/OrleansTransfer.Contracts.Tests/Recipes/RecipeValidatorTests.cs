using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Tests.Recipes;

public sealed class RecipeValidatorTests
{
    private static readonly Recipe Valid = new() { Data = new() { Train = "/leaves" } };

    public static TheoryData<string, Recipe> Invalid => new()
    {
        { "training.epochs", Valid with { Training = new() { Epochs = 0 } } },
        { "training.epochs", Valid with { Training = new() { Epochs = 1 }, Transfer = new() { Method = "lp-ft" } } },
        { "training.epochs", Valid with { Training = new() { Epochs = 1 }, Transfer = new() { Method = "gradual" } } },
        { "training.batchSize", Valid with { Training = new() { BatchSize = -1 } } },
        { "training.batchSize", Valid with { Training = new() { BatchSize = 2 }, Resources = new() { Workers = 3 } } },
        { "training.optimizer.learningRate", Valid with { Training = new() { Optimizer = new() { LearningRate = 0 } } } },
        { "training.optimizer.learningRate", Valid with { Training = new() { Optimizer = new() { LearningRate = double.NaN } } } },
        { "training.optimizer.backboneFactor", Valid with { Training = new() { Optimizer = new() { BackboneFactor = -1 } } } },
        { "training.optimizer.type", Valid with { Training = new() { Optimizer = new() { Type = "adam" } } } },
        { "model.head.dropout", Valid with { Model = new() { Head = new() { Dropout = -0.1 } } } },
        { "model.head.type", Valid with { Model = new() { Head = new() { Type = "mlp" } } } },
        { "model.weights", Valid with { Model = new() { Weights = "blob:12" } } },
        { "model.weights", Valid with { Model = new() { Weights = "ftp://example.org/w.pth" } } },
        { "model.weights", Valid with { Model = new() { Weights = "" } } },
        { "model.inputSize", Valid with { Model = new() { InputSize = 3 } } },
        { "data.validation", Valid with { Data = Valid.Data with { Validation = "1.0" } } },
        { "data.validation", Valid with { Data = Valid.Data with { Validation = "0" } } },
        { "data.labels", Valid with { Data = Valid.Data with { Labels = ["a", "a"] } } },
        { "data.labels", Valid with { Data = Valid.Data with { Labels = ["a"] } } },
        { "transfer.method", Valid with { Transfer = new() { Method = "finetune" } } },
        { "data.train", Valid with { Data = new() { Train = "/reviews.tsv" } } },
        { "data.train", Texts with { Data = new() { Train = "/reviews" } } },
        { "data.target", Texts with { Data = new() { Train = "/a.csv", Target = "/photos" }, Transfer = new() { Method = "mcc" } } },
        { "model.backbone", Texts with { Model = Texts.Model with { Backbone = "resnet50" } } },
        { "model.backbone", Valid with { Model = new() { Backbone = "word-vectors" } } },
        { "model.vectors", Texts with { Model = Texts.Model with { Vectors = [] } } },
        { "model.weights", Texts with { Model = Texts.Model with { Weights = "some.safetensors" } } },
        { "model.pooling", Texts with { Model = Texts.Model with { Pooling = "sum" } } },
        { "model.hidden", Texts with { Model = Texts.Model with { Hidden = -1 } } },
        { "model.backbone", Valid with { Model = Encoding.Model } },
        { "model.weights", Encoding with { Model = Encoding.Model with { Weights = "imagenet" } } },
        { "model.weights", Encoding with { Model = Encoding.Model with { Weights = "resnet50/imagenet1k_v2" } } },
        { "model.vectors", Encoding with { Model = Encoding.Model with { Vectors = ["/glove.txt"] } } },
        { "model.lora.rank", Encoding with { Model = Encoding.Model with { Lora = new() { Rank = -1 } } } },
        { "model.lora.rank", Encoding with { Model = Encoding.Model with { Lora = new() { Alpha = 16 } } } },
        { "model.lora.alpha", Encoding with { Model = Encoding.Model with { Lora = new() { Rank = 8, Alpha = -1 } } } },
        { "model.lora.dropout", Encoding with { Model = Encoding.Model with { Lora = new() { Rank = 8, Dropout = 1 } } } },
        { "model.lora.targets", Encoding with { Model = Encoding.Model with { Lora = new() { Rank = 8, Targets = ["query", "dense"] } } } },
        { "model.lora.targets", Encoding with { Model = Encoding.Model with { Lora = new() { Rank = 8, Targets = ["key", "key"] } } } },
        { "model.lora.targets", Encoding with { Model = Encoding.Model with { Lora = new() { Rank = 8, Targets = [] } } } },
        { "model.lora.rank", Encoding with { Model = Encoding.Model with { Lora = new() { Dropout = 0.1 } } } },
        { "model.lora.rank", Encoding with { Model = Encoding.Model with { Lora = new() { Targets = ["key"] } } } },
        { "model.lora.rank", Valid with { Model = new() { Lora = new() { Rank = 8 } } } },
        { "model.lora.rank", Texts with { Model = Texts.Model with { Lora = new() { Rank = 8 } } } },
        { "transfer.unfreeze", Updating with { Transfer = new() { Unfreeze = "none" } } },
        { "transfer.method", Updating with { Transfer = new() { Method = "feature-extraction" } } },
        { "data.maximumLength", Encoding with { Data = Encoding.Data with { MaximumLength = 2 } } },
        { "data.maximumLength", Texts with { Data = Texts.Data with { MaximumLength = 0 } } },
        { "data.target", Valid with { Transfer = new() { Method = "dann" } } },
        { "transfer.method", Adapting("fine-tune") },
        { "data.targetTest", Valid with { Data = Valid.Data with { TargetTest = "/photos" } } },
        { "transfer.weight", Adapting("dann") with { Transfer = new() { Method = "dann", Weight = 0 } } },
        { "transfer.confidence", Adapting("fixmatch") with { Transfer = new() { Method = "fixmatch", Confidence = 1 } } },
        { "transfer.validator", Adapting("mcc") with { Transfer = new() { Method = "mcc", Validator = "accuracy" } } },
        { "training.epochs", Adapting("shot") with { Training = new() { Epochs = 1 } } },
        { "transfer.unfreeze", Adapting("shot") with { Transfer = new() { Method = "shot", Unfreeze = "none" } } },
        { "transfer.unfreeze", Valid with { Transfer = new() { Unfreeze = "last-0-stages" } } },
        { "resources.workers", Valid with { Resources = new() { Workers = -1 } } },
        { "resources.minWorkers", Valid with { Resources = new() { Workers = 2, MinWorkers = 3 } } },
        { "checkpoint.keep", Valid with { Checkpoint = new() { Keep = 0 } } },
        { "exchange.bucketMegabytes", Valid with { Exchange = new() { BucketMegabytes = 0 } } },
        { "name", Valid with { Name = "a/b" } },
        { "name", Valid with { Name = "my leaves" } },
        { "name", Valid with { Name = "-leaves" } },
    };

    private static Recipe Texts => new()
    {
        Task = TaskWords.Texts,
        Data = new() { Train = "/reviews.tsv" },
        Model = new() { Backbone = TaskWords.WordVectors, Vectors = ["/glove.txt"] },
    };

    private static Recipe Encoding => Texts with { Model = new() { Backbone = "xlm-roberta-base", Weights = "/xlm-r/model.safetensors" } };

    private static Recipe Updating => Encoding with { Model = Encoding.Model with { Lora = new() { Rank = 8 } } };

    [Fact]
    public void A_recipe_for_a_text_encoder_is_valid()
    {
        Assert.Empty(RecipeValidator.Check(Encoding));
        Assert.Empty(RecipeValidator.Check(Encoding with { Model = Encoding.Model with { Weights = "none" } }));
        Assert.Empty(RecipeValidator.Check(Updating));
    }

    [Fact]
    public void A_recipe_for_texts_is_valid() => Assert.Empty(RecipeValidator.Check(Texts));

    [Fact]
    public void A_recipe_with_training_data_is_valid() => Assert.Empty(RecipeValidator.Check(Valid));

    [Fact]
    public void A_recipe_with_a_target_and_a_method_for_it_is_valid() =>
        Assert.All(AdaptationWords.Methods, method => Assert.Empty(RecipeValidator.Check(Adapting(method))));

    private static Recipe Adapting(string method)
    {
        var (recipe, target) = method == AdaptationWords.WordEvidence ? (Texts, "/reviews.txt") : (Valid, "/photos");
        return recipe with { Data = recipe.Data with { Target = target }, Transfer = new() { Method = method } };
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_value_out_of_range_is_named(string path, Recipe recipe) =>
        Assert.Equal(path, Assert.Single(RecipeValidator.Check(recipe)).Path);

    [Fact]
    public void Relative_paths_start_from_the_base_folder_and_words_stay()
    {
        var recipe = RecipePaths.MakeAbsolute(
            new Recipe
            {
                Data = new() { Train = "../leaves/", Validation = "test" },
                Model = new() { Weights = "w.safetensors", Tokenizer = "vocab.txt", Config = "../config.json" },
            }, "/home/user");
        Assert.Equal(("/home/leaves", "/home/user/test", "/home/user/w.safetensors"), Paths(recipe));
        Assert.Equal(("/home/user/vocab.txt", "/home/config.json"), (recipe.Model.Tokenizer, recipe.Model.Config));

        var words = RecipePaths.MakeAbsolute(Valid with { Model = new() { Weights = "none" } }, "/home/user");
        Assert.Equal(("/leaves", "0.2", "none"), Paths(words));
    }

    [Theory]
    [InlineData("imagenet", false)]
    [InlineData("resnet50/imagenet1k_v2", false)]
    [InlineData("https://example.org/resnet50.pth", false)]
    [InlineData("./resnet50/imagenet1k_v2", true)]
    [InlineData("weights/resnet50.pth", true)]
    [InlineData("resnet50", true)]
    [InlineData("a/b/c", true)]
    public void Weights_are_a_path_unless_they_are_a_word_a_name_or_an_address(string weights, bool path)
    {
        var recipe = Valid with { Model = new() { Weights = weights } };
        Assert.Empty(RecipeValidator.Check(recipe));
        Assert.Equal(path ? Path.GetFullPath(weights, "/home/user") : weights, RecipePaths.MakeAbsolute(recipe, "/home/user").Model.Weights);
    }

    private static (string, string, string) Paths(Recipe recipe) => (recipe.Data.Train, recipe.Data.Validation, recipe.Model.Weights);
}
