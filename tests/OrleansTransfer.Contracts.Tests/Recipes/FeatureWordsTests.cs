using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Tests.Recipes;

public class FeatureWordsTests
{
    [Theory]
    [InlineData("feature-extraction", "all", "none", "features of the frozen backbone are computed once per node and kept")]
    [InlineData("fine-tune", "none", "none", "features of the frozen backbone are computed once per node and kept")]
    [InlineData("lp-ft", "all", "none", "while it is frozen; phases that train it see the samples")]
    [InlineData("gradual", "all", "none", "while it is frozen; phases that train it see the samples")]
    [InlineData("feature-extraction", "all", "standard", "data.augment is standard")]
    [InlineData("fine-tune", "all", "none", null)]
    public void A_recipe_says_what_is_kept(string method, string unfreeze, string augment, string? expected)
    {
        foreach (var workers in new[] { 1, 4 })
        {
            var recipe = Recipe(method, unfreeze, augment) with { Resources = new() { Workers = workers } };
            if (expected is null) Assert.Null(FeatureWords.Explain(recipe));
            else Assert.Contains(expected, FeatureWords.Explain(recipe));
            Assert.Equal(expected is null, FeatureWords.WhyNotKept(recipe) is not null);
        }
    }

    [Fact]
    public void Vectors_of_words_and_targets_are_not_worth_keeping_or_not_frozen()
    {
        var recipe = Recipe("feature-extraction", "all", "none");
        var words = recipe with { Task = TaskWords.Texts, Model = recipe.Model with { Backbone = TaskWords.WordVectors } };
        Assert.Contains("as quick to look up", FeatureWords.Explain(words));
        Assert.Null(FeatureWords.WhyNotKept(words with { Model = words.Model with { Backbone = TaskWords.Encoders[0] } }));
        Assert.Contains("data.target", FeatureWords.Explain(recipe with { Data = recipe.Data with { Target = "elsewhere" } }));
    }

    private static Recipe Recipe(string method, string unfreeze, string augment)
    {
        var recipe = new Recipe { Data = new() { Train = "leaves" } };
        return recipe with
        {
            Transfer = recipe.Transfer with { Method = method, Unfreeze = unfreeze },
            Data = recipe.Data with { Augment = augment },
        };
    }
}
