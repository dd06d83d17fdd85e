using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Tests.Recipes;

public sealed class RecipeWriterTests
{
    [Theory]
    [InlineData("./leaves/train")]
    [InlineData("/data/my photos #1: autumn")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("0.2")]
    [InlineData("it's \"quoted\" \\ and\ttabbed")]
    [InlineData("листья 🍂")]
    [InlineData("- dash")]
    [InlineData("{brace")]
    public void What_is_written_is_read_back(string text)
    {
        var recipe = new Recipe
        {
            Name = "round-trip",
            Model = new() { Backbone = "resnet18", Weights = text, Head = new() { Dropout = 0.1 }, InputSize = 96, Vectors = ["/a b.txt", "c"] },
            Data = new() { Train = text, Labels = ["healthy", "1", "null", "a, b"], Groups = ["x=1+null"] },
            Training = new() { Epochs = 3, Optimizer = new() { LearningRate = 1e-5, WeightDecay = 0.30000000000000004 }, Seed = long.MinValue },
            Resources = new() { Priority = -3 },
        };

        var read = RecipeReader.Parse(RecipeWriter.ToYaml(recipe), "recipe.yaml", []);
        Assert.Equal(recipe.Data.Labels, read.Data.Labels);
        Assert.Equal(recipe.Data.Groups, read.Data.Groups);
        Assert.Equal(recipe.Model.Vectors, read.Model.Vectors);
        Assert.Equal(recipe, read with
        {
            Data = read.Data with { Labels = recipe.Data.Labels, Groups = recipe.Data.Groups },
            Model = read.Model with { Vectors = recipe.Model.Vectors },
        });
    }
}
