using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;
using static OrleansTransfer.Contracts.Tests.Sweeps.SearchTexts;

namespace OrleansTransfer.Contracts.Tests.Sweeps;

public sealed class SearchValidatorTests
{
    private static readonly SearchParameterRecipe s_rate = new("training.optimizer.learningRate", "log") { Low = 1e-4, High = 1e-1 };

    [Theory]
    [InlineData("name: [a, b]", "named after the sweep")]
    [InlineData("training.epochs: { int: [1, 9] }", "length of a full trial")]
    [InlineData("resources.workers: { int: [1, 2] }", "devices are the same")]
    [InlineData("checkpoint.keep: { int: [1, 2] }", "checkpoints change no result")]
    [InlineData("data.train: [./a, ./b]", "the same samples")]
    [InlineData("data.validation: [0.1, 0.2]", "the same samples")]
    [InlineData("model.from: [./a, ./b]", "the same model")]
    [InlineData("model.vectors: [a, b]", "a list has no place")]
    [InlineData("training.optimizer: [adamw, sgd]", "This is a section of the recipe; vary one of its keys: type, learningRate")]
    [InlineData("training.learningRate: { log: [1e-4, 1e-1] }", "'training.optimizer.learningRate'")]
    public void A_path_that_cannot_be_varied_says_why(string entry, string message) => Assert.Contains(message, Single(entry));

    [Theory]
    [InlineData("training.batchSize: { uniform: [16, 32] }", "use int.")]
    [InlineData("training.batchSize: { log: [16, 32] }", "use int with log: true.")]
    [InlineData("data.augment: { int: [1, 2] }", "one of none, flip")]
    [InlineData("transfer.unfreeze: { uniform: [0, 1] }", "a text: use choice")]
    public void A_kind_that_does_not_fit_the_key_names_the_one_that_does(string entry, string message) => Assert.Contains(message, Single(entry));

    [Theory]
    [InlineData("training.optimizer.learningRate: { log: [1e-1, 1e-4] }", "the lower end comes first")]
    [InlineData("training.optimizer.learningRate: { log: [0, 1e-1] }", "the lower end is above 0")]
    [InlineData("training.optimizer.learningRate: { log: [1e-4, 1e-1], step: 0.1 }", "steps go with uniform")]
    [InlineData("training.batchSize: { int: [0, 8], log: true }", "the lower end is above 0")]
    [InlineData("training.batchSize: { int: [1, 8], log: true, step: 1 }", "steps go with uniform")]
    [InlineData("training.batchSize: { int: [1.5, 8] }", "expected whole numbers")]
    [InlineData("training.batchSize: { int: [8, 32], step: 1.5 }", "expected a whole number")]
    [InlineData("training.batchSize: { int: [8, 32], step: 16 }", "a whole number of steps")]
    [InlineData("model.head.dropout: { uniform: [0, 0.5], step: 0.2 }", "a whole number of steps")]
    [InlineData("model.head.dropout: { uniform: [0, 0.5], log: true }", "it goes with int")]
    [InlineData("data.augment: []", "at least one")]
    [InlineData("data.augment: [flip, none, flip]", "more than once: 'flip'")]
    [InlineData("training.optimizer.learningRate: [1e-3, 0.001]", "more than once: '1e-3'")]
    public void Numbers_and_choices_that_make_no_sense_are_problems(string entry, string message) => Assert.Contains(message, Single(entry));

    [Theory]
    [InlineData("model.head.dropout: { uniform: [0, 1] }", "With 1: Found 1; expected a number from 0 to below 1")]
    [InlineData("model.head.dropout: [0, -1]", "With -1: ")]
    [InlineData("data.augment: [none, flp]", "With flp: Found 'flp'; expected one of none, flip")]
    [InlineData("data.augment: [none, trivial]", "not supported by this version")]
    [InlineData("training.batchSize: [16, large]", "Found large; expected a whole number")]
    [InlineData("training.batchSize: { int: [16, 3000000000] }", "Found 3000000000; expected a whole number")]
    [InlineData("transfer.unfreeze: [all, last-0-stages]", "With last-0-stages: ")]
    [InlineData("transfer.method: [fine-tune, dann]", "With dann: data.target: ")]
    public void Values_go_through_the_rules_of_the_recipe(string entry, string message) => Assert.Contains(message, Single(entry));

    [Fact]
    public void Each_wrong_value_is_a_problem_of_its_own() => Assert.Equal(2, ProblemsOfSpace("data.augment: [none, flp, flop]").Count);

    [Fact]
    public void A_problem_that_the_recipe_has_anyway_is_not_blamed_on_the_values() =>
        Assert.Equal("data.train", Assert.Single(ProblemsOfSpace("data.augment: [none, flip]", "name: leaves")).Path);

    [Theory]
    [InlineData("transfer.method: [fine-tune, lp-ft], transfer.unfreeze: [none, all]")]
    [InlineData("transfer.method: [fine-tune, lp-ft], transfer.unfreeze: { choice: [none, all], when: { transfer.method: fine-tune } }")]
    public void A_value_that_some_other_choice_makes_right_is_allowed(string space) =>
        Assert.Equal(2, Read($"{Smallest}\ntransfer: {{ method: lp-ft }}\nsearch: {{ space: {{ {space} }} }}").Search.Space.Count);

    [Fact]
    public void A_value_is_tried_under_its_condition() =>
        Assert.Contains("With none: With none the method lp-ft",
            Single("transfer.method: [fine-tune, lp-ft], transfer.unfreeze: { choice: [none, all], when: { transfer.method: lp-ft } }"));

    [Theory]
    [InlineData("data.agment: [flip]", "nearest choice is 'data.augment'")]
    [InlineData("data.augment: [crop]", "those are none, flip")]
    [InlineData("data.augment: []", "without a value")]
    [InlineData("training.accumulate: [1]", "is of the kind int")]
    [InlineData("training.batchSize: [8]", "training.batchSize -> training.batchSize")]
    public void A_condition_names_a_choice_and_some_of_its_values(string condition, string message) => Assert.Contains(message, Single(
        $"data.augment: [none, flip], training.accumulate: {{ int: [1, 2] }}, training.batchSize: {{ choice: [8, 16], when: {{ {condition} }} }}"));

    [Fact]
    public void Conditions_in_a_circle_are_found()
    {
        var problems = ProblemsOfSpace("data.augment: { choice: [none, flip], when: { transfer.unfreeze: [all] } }, "
            + "transfer.unfreeze: { choice: [none, all], when: { data.augment: [flip] } }");
        Assert.Equal(2, problems.Count);
        Assert.All(problems, problem => Assert.Contains("circle", problem.Message));
    }

    [Fact]
    public void Conditions_on_numbers_do_not_depend_on_how_they_are_written() =>
        Assert.Equal(["1.0"], Search(
            "{ space: { training.accumulate: [1, 2], training.batchSize: { int: [8, 16], when: { training.accumulate: 1.0 } } } }")
            .Space[1].WhenValues);

    [Theory]
    [InlineData("acuracy", "", "the nearest is 'accuracy'")]
    [InlineData("target.im", "", "the recipe has no data.target")]
    [InlineData("target.accuracy", "./field", "for checking only")]
    [InlineData("target.last", "./field", "expected one of accuracy")]
    public void A_metric_that_is_not_measured_or_not_fair_is_refused(string metric, string target, string message)
    {
        var problem = Assert.Single(SearchValidator.Check(RecipeWith(target), new() { Space = [s_rate], Metric = metric }));
        Assert.Equal("search.metric", problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Theory]
    [InlineData("accuracy", "")]
    [InlineData("loss", "")]
    [InlineData("macroF1", "")]
    [InlineData("trainingLoss", "")]
    [InlineData("target.im", "./field")]
    [InlineData("target.source-accuracy", "./field")]
    public void Metrics_that_are_measured_after_every_epoch_are_allowed(string metric, string target) =>
        Assert.Empty(SearchValidator.Check(RecipeWith(target), new() { Space = [s_rate], Metric = metric }));

    [Fact]
    public void Budgets_words_and_parallelism_are_checked_all_at_once()
    {
        var problems = SearchValidator.Check(RecipeWith(""), new()
        {
            Space = [s_rate],
            Goal = "max",
            Sampler = new("tpee"),
            Stopping = new("ahsa"),
            Budget = new() { Trials = 0, Hours = double.NaN, DeviceHours = -1 },
            Parallelism = -1,
        });
        Assert.Equal(
            [
                "search.budget.deviceHours", "search.budget.hours", "search.budget.trials", "search.goal", "search.parallelism", "search.sampler",
                "search.stopping",
            ],
            problems.Select(problem => problem.Path).Order(StringComparer.Ordinal));
        Assert.Contains("the smallest budget is 1 trial", problems.Single(problem => problem.Path == "search.budget.trials").Message);
        Assert.Contains("the nearest is 'asha'", problems.Single(problem => problem.Path == "search.stopping").Message);
    }

    [Fact]
    public void A_population_varies_only_what_may_change_in_the_middle_of_a_run()
    {
        var search = new SearchRecipe
        {
            Space = [s_rate, new("model.head.dropout", "uniform") { Low = 0, High = 0.5 }, new("data.augment", "choice") { Values = ["none", "flip"] }],
            Stopping = new("pbt"),
        };
        Assert.Empty(SearchValidator.Check(new(), search));

        var batches = new SearchParameterRecipe("training.batchSize", "int") { Low = 8, High = 64 };
        var problem = Assert.Single(SearchValidator.Check(new(), search with { Space = [s_rate, batches] }));
        Assert.Equal("search.space.training.batchSize", problem.Path);
        Assert.Contains("in the middle of a run", problem.Message);

        var phases = Assert.Single(SearchValidator.Check(new() { Transfer = new() { Method = "lp-ft" } }, search));
        Assert.Equal("search.stopping", phases.Path);
        Assert.Contains("lp-ft", phases.Message);
    }

    [Fact]
    public void A_path_twice_or_an_unknown_kind_from_elsewhere_than_the_reader_is_a_problem()
    {
        var problems = SearchValidator.Check(RecipeWith(""), new() { Space = [s_rate, s_rate, new("training.seed", "normal")] });
        Assert.Contains(problems, problem => problem.Message.Contains("Found 2 times"));
        Assert.Contains(problems, problem => problem.Message.Contains("Found the kind 'normal'"));
    }

    private static Recipe RecipeWith(string target) => new()
    {
        Data = new() { Train = "./leaves", Target = target },
        Transfer = new() { Method = target.Length > 0 ? "mcc" : "fine-tune" },
    };

    private static string Single(string space) => Assert.Single(ProblemsOfSpace(space)).Message;
}
