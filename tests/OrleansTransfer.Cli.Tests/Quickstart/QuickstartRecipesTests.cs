using OrleansTransfer.Cli.Quickstart;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Tests.Quickstart;

public sealed class QuickstartRecipesTests
{
    private static readonly LeafTasks s_tasks = new("/state/quickstart/seed-0");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(QuickstartPlan.MostWorkers)]
    public void All_recipes_are_valid(int workers)
    {
        var plan = new QuickstartPlan { Workers = workers };
        Recipe[] recipes =
        [
            QuickstartRecipes.Pretrain(plan, s_tasks), QuickstartRecipes.Transfer(plan, s_tasks, "/w.safetensors"), QuickstartRecipes.Scratch(plan, s_tasks),
        ];
        Assert.All(recipes, recipe => Assert.Empty(RecipeValidator.Check(recipe)));
    }

    [Fact]
    public void Both_contestants_have_the_same_network_pictures_and_budget()
    {
        var plan = new QuickstartPlan();
        var (transfer, scratch) = (QuickstartRecipes.Transfer(plan, s_tasks, "/w.safetensors"), QuickstartRecipes.Scratch(plan, s_tasks));
        Assert.Equal(transfer.Model with { Weights = "none" }, scratch.Model);
        Assert.Equal(transfer.Data, scratch.Data with { Labels = transfer.Data.Labels });
        Assert.Equal(transfer.Training with { Optimizer = scratch.Training.Optimizer }, scratch.Training);
        Assert.Equal(transfer.Resources, scratch.Resources);
    }
}
