using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Learning.Evaluation.Validators;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Cluster.Tests.Sweeps;

public sealed class SearchStudiesTests
{
    private static readonly Recipe s_recipe = new() { Data = new() { Train = "./leaves" } };

    private static readonly SearchRecipe s_search = new()
    {
        Space = [new("training.optimizer.learningRate", "log") { Low = 1e-4, High = 1e-1 }],
    };

    [Fact]
    public void Recipes_name_the_algorithms_that_the_tuning_library_has()
    {
        Assert.Equal(Samplers.Names, SearchWords.Samplers);
        Assert.Equal(StoppingRules.Names, SearchWords.StoppingRules);
    }

    [Fact]
    public void Recipes_name_the_target_scores_that_are_measured() =>
        Assert.Equal(UnsupervisedValidators.All.Select(validator => $"target.{validator.Name}").Order(), SearchWords.TargetMetrics.Order());

    [Fact]
    public void A_search_without_problems_makes_a_study()
    {
        Assert.Empty(SearchStudies.Check(s_recipe, s_search));
        Assert.NotNull(new Study(SearchStudies.SettingsOf(s_recipe, s_search)));
    }

    [Fact]
    public void Options_are_judged_by_the_tuning_library_and_reported_with_all_else()
    {
        var problems = SearchStudies.Check(s_recipe, s_search with
        {
            Sampler = With("tpe", ("startup", 0), ("god", 1)),
            Stopping = With("asha", ("factor", 1.5)),
            Parallelism = -1,
        });
        Assert.Contains(problems, problem => problem.Path == "search.sampler" && problem.Message.Contains("tpe.startup: found 0"));
        Assert.Contains(problems, problem => problem.Path == "search.sampler" && problem.Message.Contains("did you mean 'good'?"));
        Assert.Contains(problems, problem => problem.Path == "search.stopping" && problem.Message.Contains("asha.factor"));
        Assert.Contains(problems, problem => problem.Path == "search.parallelism");
    }

    [Fact]
    public void An_unknown_algorithm_is_reported_once() =>
        Assert.Equal("search.sampler", Assert.Single(SearchStudies.Check(s_recipe, s_search with { Sampler = new("tpee") })).Path);

    [Fact]
    public void What_only_the_library_refuses_of_a_space_is_a_problem_of_the_parameter()
    {
        var seeds = new SearchParameterRecipe("training.seed", "int") { Low = 0, High = 1e17 };
        var problem = Assert.Single(SearchStudies.Check(s_recipe, s_search with { Space = [seeds] }));
        Assert.Equal("search.space.training.seed", problem.Path);
    }

    private static AlgorithmRecipe With(string type, params (string Name, double Value)[] options) =>
        new(type) { Options = options.ToDictionary(option => option.Name, option => option.Value) };
}
