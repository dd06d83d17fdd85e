using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Contracts.Tests.Recipes;

/// <summary>What a recipe may say beside <c>model.from</c>.</summary>
public sealed class FinishedModelRulesTests
{
    private const string Minimal = "model: { from: leaves-3f9a12 }\ndata: { target: ./field }\ntransfer: { method: shot }\ntraining: { epochs: 1 }";

    [Theory]
    [InlineData("shot")]
    [InlineData("tent")]
    [InlineData("adabn")]
    public void A_model_a_target_and_a_source_free_method_are_enough(string method)
    {
        var recipe = RecipeReader.Parse(Minimal, "r.yaml", [$"transfer.method={method}"]);
        Assert.Equal(("leaves-3f9a12", "", "./field"), (recipe.Model.From, recipe.Data.Train, recipe.Data.Target));
        Assert.Equal(recipe.Model.From, RecipeReader.Parse(RecipeWriter.ToYaml(recipe), "again", []).Model.From);
    }

    [Theory]
    [InlineData("data.target=", "data.target")]
    [InlineData("data.train=./leaves", "data.train")]
    [InlineData("data.validation=./held-out", "data.validation")]
    [InlineData("transfer.method=dann", "transfer.method")]
    [InlineData("transfer.method=source-only", "transfer.method")]
    [InlineData("transfer.validator=dev", "transfer.validator")]
    [InlineData("transfer.validator=source-accuracy", "transfer.validator")]
    [InlineData("model.weights=none", "model.weights")]
    [InlineData("model.inputSize=64", "model.inputSize")]
    [InlineData("model.vectors=[a.txt]", "model.vectors")]
    [InlineData("model.tokenizer=vocab.txt", "model.tokenizer")]
    [InlineData("model.config=config.json", "model.config")]
    [InlineData("transfer.unfreeze=none", "transfer.unfreeze")]
    public void What_needs_the_source_or_is_the_model_s_own_is_refused(string set, string path)
    {
        var error = Assert.Throws<RecipeException>(() => RecipeReader.Parse(Minimal, "r.yaml", [set]));
        Assert.Equal(path, Assert.Single(error.Problems).Path);
    }

    [Fact]
    public void Methods_that_learn_from_the_source_say_so_and_name_those_that_do_not()
    {
        var error = Assert.Throws<RecipeException>(() => RecipeReader.Parse(Minimal, "r.yaml", ["transfer.method=mcc", "transfer.validator=dev"]));
        Assert.Equal(2, error.Problems.Count);
        Assert.Contains("The method mcc learns from labelled samples of the source", error.Message);
        Assert.Contains("shot, tent, adabn", error.Message);
        Assert.Contains("im, snd, entropy, class-cluster, last", error.Message);
    }

    [Theory]
    [InlineData("./bundle", "/here/bundle")]
    [InlineData("/else/bundle", "/else/bundle")]
    [InlineData("leaves-3f9a12", "leaves-3f9a12")]
    public void A_path_has_a_separator_and_an_id_has_none(string from, string absolute)
    {
        var recipe = RecipePaths.MakeAbsolute(new Recipe { Model = new() { From = from }, Data = new() { Target = "field" } }, "/here");
        Assert.Equal((absolute, "", "/here/field"), (recipe.Model.From, recipe.Data.Train, recipe.Data.Target));
    }

    [Theory]
    [InlineData("accuracy", false)]
    [InlineData("target.dev", false)]
    [InlineData("target.im", true)]
    [InlineData("trainingLoss", true)]
    public void A_search_may_choose_by_what_is_measured_without_the_source(string metric, bool fits)
    {
        var search = new SearchRecipe { Metric = metric, Space = [new("training.optimizer.learningRate", "log") { Low = 1e-4, High = 1e-1 }] };
        var problems = SearchValidator.Check(RecipeReader.Parse(Minimal, "r.yaml", []), search).Where(problem => problem.Path == "search.metric");
        Assert.Equal(fits, !problems.Any());
    }
}
