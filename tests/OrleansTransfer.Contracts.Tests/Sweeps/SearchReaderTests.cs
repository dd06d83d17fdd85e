using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using static OrleansTransfer.Contracts.Tests.Sweeps.SearchTexts;

namespace OrleansTransfer.Contracts.Tests.Sweeps;

public sealed class SearchReaderTests
{
    private const string OneParameter = "space: { training.optimizer.learningRate: { log: [1e-4, 1e-1] } }";

    [Fact]
    public void All_of_the_grammar_is_read()
    {
        var (recipe, search) = Read("""
            data: { train: ./leaves }
            training: { epochs: 9 }
            search:
              space:
                training.optimizer.learningRate: { log: [1e-4, 1e-1] }
                model.head.dropout: { uniform: [0, 0.5], step: 0.1 }
                training.batchSize: { int: [16, 128], log: true }
                training.accumulate: { int: [1, 5], step: 2 }
                transfer.unfreeze: { choice: [none, last-1-stages, all] }
                data.augment: [none, flip]
                training.optimizer.backboneFactor: { log: [0.01, 1], when: { transfer.unfreeze: [last-1-stages, all] } }
                transfer.batchNorm: { choice: [frozen, trainable], when: { transfer.unfreeze: all } }
              metric: macroF1
              goal: maximise
              sampler: { type: gp, startup: 5 }
              stopping: { type: asha, factor: 4 }
              budget: { trials: 24, hours: 1.5, deviceHours: 3 }
              parallelism: 2
              seed: 7
            """);

        Assert.Equal(9, recipe.Recipe.Training.Epochs);
        Assert.Equal("log 0.0001 0.1 0 False", Numbers(search.Space[0]));
        Assert.Equal("uniform 0 0.5 0.1 False", Numbers(search.Space[1]));
        Assert.Equal("int 16 128 0 True", Numbers(search.Space[2]));
        Assert.Equal("int 1 5 2 False", Numbers(search.Space[3]));
        Assert.Equal(["none", "last-1-stages", "all"], search.Space[4].Values);
        Assert.Equal(("choice", "data.augment"), (search.Space[5].Kind, search.Space[5].Path));
        Assert.Equal("transfer.unfreeze", search.Space[6].WhenPath);
        Assert.Equal(["last-1-stages", "all"], search.Space[6].WhenValues);
        Assert.Equal(["all"], search.Space[7].WhenValues);
        Assert.Equal(("macroF1", "maximise", 2, 7L), (search.Metric, search.Goal, search.Parallelism, search.Seed));
        Assert.Equal(("gp", 5.0), (search.Sampler.Type, search.Sampler.Options["startup"]));
        Assert.Equal(("asha", 4.0), (search.Stopping.Type, search.Stopping.Options["factor"]));
        Assert.Equal(new SweepBudgetRecipe { Trials = 24, Hours = 1.5, DeviceHours = 3 }, search.Budget);
    }

    [Fact]
    public void Everything_but_the_space_has_a_default()
    {
        var search = Search($"{{ {OneParameter} }}");
        Assert.Equal(("accuracy", "", "tpe", "asha", 0, 42L),
            (search.Metric, search.Goal, search.Sampler.Type, search.Stopping.Type, search.Parallelism, search.Seed));
        Assert.Equal(20, search.Budget.Trials);
        Assert.True(search.Maximises);
        Assert.False((search with { Metric = "trainingLoss" }).Maximises);
    }

    [Fact]
    public void Json_is_read_like_yaml() =>
        Assert.Equal(5, Read("""
            {"data": {"train": "./leaves"}, "search": {"space": {"training.batchSize": {"int": [8, 16], "log": true}}, "budget": {"trials": 5}}}
            """).Search.Budget.Trials);

    [Fact]
    public void A_space_of_one_value_is_a_search() => Assert.Single(Search("{ space: { training.batchSize: { int: [16, 16] } } }").Space);

    [Fact]
    public void Overrides_win_over_the_text_in_recipe_and_search()
    {
        var (recipe, search) = Read(
            $"{Smallest}\nsearch: {{ {OneParameter}, sampler: {{ type: gp, startup: 5 }}, budget: {{ trials: 9, hours: 2 }} }}",
            "training.epochs=3", "search.budget.trials=5", "search.metric=loss", "search.sampler=random", "search.stopping.factor=4",
            "search.space.training.batchSize=[16, 32]", "search.space.training.optimizer.learningRate={ log: [1e-3, 1e-2] }");

        Assert.Equal(3, recipe.Recipe.Training.Epochs);
        Assert.Equal(new SweepBudgetRecipe { Trials = 5, Hours = 2 }, search.Budget);
        Assert.Equal(("loss", "random", "asha"), (search.Metric, search.Sampler.Type, search.Stopping.Type));
        Assert.Empty(search.Sampler.Options);
        Assert.Equal(4, search.Stopping.Options["factor"]);
        Assert.Equal(["training.optimizer.learningRate", "training.batchSize"], search.Space.Select(parameter => parameter.Path));
        Assert.Equal((1e-3, 1e-2), (search.Space[0].Low, search.Space[0].High));
    }

    [Fact]
    public void A_search_can_be_made_of_overrides_alone() =>
        Assert.Single(Read("", "data.train=./leaves", "search.space.training.batchSize={ int: [16, 32] }").Search.Space);

    [Theory]
    [InlineData("search.budget.trials=many", "search.budget.trials", "Found many; expected a whole number")]
    [InlineData("search.budget=3", "search.budget", "expected the keys trials, hours, deviceHours")]
    [InlineData("search.budget.trails=3", "search.budget.trails", "'search.budget.trials'")]
    [InlineData("search.space.training.batchSize={ int: [16", "search.space.training.batchSize", "not valid YAML")]
    [InlineData("search.parallelism=-1", "search.parallelism", "Found -1")]
    public void An_override_that_cannot_be_applied_is_a_problem(string set, string path, string message)
    {
        var problem = Assert.Single(Problems($"{Smallest}\nsearch: {{ {OneParameter} }}", set));
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
        Assert.DoesNotContain("leaves.yaml", problem.Message);
    }

    [Fact]
    public void Problems_of_recipe_and_search_are_reported_together_with_their_lines()
    {
        var problems = Problems("""
            data: { train: ./leaves }
            training: { epochs: ten }
            model: { head: { dropout: 1 } }
            search:
              space:
                training.batchsize: { int: [16, 32] }
                training.optimizer.learningRate: { logarithmic: [1e-4, 1e-1] }
                model.head.dropout: { uniform: [0, 1] }
              metrik: accuracy
              goal: maximize
              budget: { trials: 0, hours: soon }
              sampler: tpp
            """);

        Assert.Equal(
            [
                "model.head.dropout", "search.budget.hours", "search.budget.trials", "search.goal", "search.metrik", "search.sampler",
                "search.space.model.head.dropout", "search.space.training.batchsize", "search.space.training.optimizer.learningRate",
                "training.epochs",
            ],
            problems.Select(problem => problem.Path).Order(StringComparer.Ordinal));
        Assert.All(problems, problem => Assert.Contains("(leaves.yaml, line ", problem.Message));
        Assert.Contains(problems, problem => problem.Path == "search.goal" && problem.Message.Contains("'maximise'. (leaves.yaml, line 10)"));
        Assert.Contains(problems, problem => problem.Path == "search.metrik" && problem.Message.Contains("'search.metric'"));
        Assert.Contains(problems, problem => problem.Path.EndsWith("batchsize") && problem.Message.Contains("'training.batchSize'"));
    }

    [Theory]
    [InlineData("training.batchSize: 16", "Found 16; expected { uniform")]
    [InlineData("training.batchSize: { int: [16] }", "Found [16]; expected two numbers")]
    [InlineData("training.batchSize: { int: [16, \"32\"] }", "the text \"32\"")]
    [InlineData("training.batchSize: { int: 16 }", "Found 16; expected two numbers")]
    [InlineData("training.batchSize: { choice: 16 }", "expected a list of values")]
    [InlineData("training.batchSize: [16, [32]]", "Found [16, a list]")]
    [InlineData("training.batchSize: { int: [16, 32], choice: [16] }", "Found both int and choice")]
    [InlineData("training.batchSize: { step: 2 }", "Found no kind")]
    [InlineData("training.batchSize: { int: [16, 32], stp: 2 }", "the nearest is 'step'")]
    [InlineData("training.batchSize: { int: [16, 32], step: 0 }", "expected a number above 0")]
    [InlineData("training.batchSize: { int: [16, 32], log: 2 }", "beside int true or false")]
    [InlineData("training.batchSize: { int: [16, 32], when: all }", "Found when all")]
    [InlineData("training.batchSize: { int: [16, 32], when: { a: [b], c: [d] } }", "one that depends on the other")]
    public void A_parameter_that_cannot_be_read_says_what_was_found(string entry, string message)
    {
        var problem = Assert.Single(ProblemsOfSpace(entry));
        Assert.Equal("search.space.training.batchSize", problem.Path);
        Assert.Contains(message, problem.Message);
        Assert.Contains("line 2", problem.Message);
    }

    [Fact]
    public void What_depends_on_a_parameter_that_cannot_be_read_is_not_blamed() =>
        Assert.Equal("search.space.data.augment",
            Assert.Single(ProblemsOfSpace("data.augment: flip, training.batchSize: { int: [16, 32], when: { data.augment: [flip] } }")).Path);

    [Fact]
    public void A_recipe_without_a_search_says_what_is_missing()
    {
        var problem = Assert.Single(Problems(Smallest));
        Assert.Equal("search", problem.Path);
        Assert.Contains("search.space", problem.Message);
    }

    [Theory]
    [InlineData("search:")]
    [InlineData("search: { budget: { trials: 3 } }")]
    [InlineData("search: { space: }")]
    public void A_search_over_nothing_is_a_problem(string text) =>
        Assert.Equal("search.space", Assert.Single(Problems($"{Smallest}\n{text}")).Path);

    [Fact]
    public void Text_that_is_no_yaml_is_reported_and_no_search_is_missed() =>
        Assert.DoesNotContain(Problems("search: {"), problem => problem.Path == "search");

    [Theory]
    [InlineData("search: { space: { training.batchSize: [16, 32] } }", new string[0])]
    [InlineData("", new[] { "search.budget.trials=3" })]
    public void A_plain_reader_names_the_command_that_runs_searches(string text, string[] sets)
    {
        var problem = Assert.Single(Assert.Throws<RecipeException>(() => RecipeReader.Read($"{Smallest}\n{text}", "leaves.yaml", sets)).Problems);
        Assert.Contains("otx sweep run", problem.Message);
    }

    [Fact]
    public void A_key_of_the_search_at_the_top_is_told_where_it_belongs() =>
        Assert.Contains("'search.metric'", Problems($"{Smallest}\nmetric: loss\nsearch: {{ {OneParameter} }}").Single().Message);

    private static string Numbers(SearchParameterRecipe parameter) => FormattableString.Invariant(
        $"{parameter.Kind} {parameter.Low} {parameter.High} {parameter.Step} {parameter.Logarithmic}");
}
