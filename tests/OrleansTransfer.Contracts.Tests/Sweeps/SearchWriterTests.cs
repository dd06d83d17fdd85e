using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Contracts.Tests.Sweeps;

public sealed class SearchWriterTests
{
    private static readonly Recipe s_recipe = new() { Data = new() { Train = "./leaves", Target = "./field" }, Transfer = new() { Method = "mcc" } };

    [Fact]
    public void What_is_written_is_read_back_the_same() => Prop.ForAll(Searches.ToArbitrary(), search =>
    {
        var read = SearchReader.Read(SearchWriter.ToYaml(s_recipe, search), "written", []);
        Assert.Equal(JsonSerializer.Serialize(search), JsonSerializer.Serialize(read.Search));
        Assert.Equal(RecipeWriter.ToYaml(s_recipe), RecipeWriter.ToYaml(read.Recipe.Recipe));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(1, 1));

    [Fact]
    public void A_search_is_written_as_people_write_it() => Assert.Equal("""
        search:
          space:
            training.batchSize: { int: [16, 64], log: true }
            transfer.unfreeze: { choice: [none, all] }
            training.optimizer.backboneFactor: { log: [0.01, 1], when: { transfer.unfreeze: [all] } }
          metric: accuracy
          sampler: { type: tpe }
          stopping: { type: asha, factor: 4 }
          budget: { trials: 20, hours: 0, deviceHours: 0 }
          parallelism: 0
          seed: 42

        """, SearchWriter.ToYaml(new()
    {
        Space =
            [
                new("training.batchSize", "int") { Low = 16, High = 64, Logarithmic = true },
                new("transfer.unfreeze", "choice") { Values = ["none", "all"] },
                new("training.optimizer.backboneFactor", "log") { Low = 0.01, High = 1, WhenPath = "transfer.unfreeze", WhenValues = ["all"] },
            ],
        Stopping = new("asha") { Options = new Dictionary<string, double> { ["factor"] = 4 } },
    }), ignoreLineEndingDifferences: true);

    // A stage may be named by any text: quotes, colons and commas come through.
    private static Gen<string[]> Stages => Gen.Elements("all", "features.1*", "a: b", "[x, y]", "\"", "null", "~", "# no comment", "1e-3", "é\t,")
        .ArrayOf().Select(values => values.Append("none").Distinct().ToArray());

    private static Gen<double> Positive => Gen.Choose(1, 1_000_000).Select(number => number / 3e6);

    private static Gen<SearchRecipe> Searches =>
        from stages in Stages
        from low in Positive
        from factor in Gen.Choose(1, 1000)
        from steps in Gen.Choose(1, 9)
        from batch in Gen.Choose(1, 64)
        from more in Gen.Choose(0, 64)
        from isLogarithmic in Gen.Elements(true, false)
        from isConditional in Gen.Elements(true, false)
        from metric in Gen.Elements("accuracy", "loss", "target.im")
        from goal in Gen.Elements("", "maximise", "minimise")
        from sampler in Gen.Elements(SearchWords.Samplers.ToArray())
        from option in Positive
        from hours in Positive
        from seed in Gen.Choose(int.MinValue, int.MaxValue)
        select new SearchRecipe
        {
            Space =
            [
                new("transfer.unfreeze", "choice") { Values = stages },
                new("training.optimizer.learningRate", "log")
                {
                    Low = low,
                    High = low * factor,
                    WhenPath = isConditional ? "transfer.unfreeze" : null,
                    WhenValues = isConditional ? stages[..1] : [],
                },
                new("training.optimizer.weightDecay", "uniform") { Low = 0, High = low * steps, Step = low },
                new("training.batchSize", "int") { Low = batch, High = batch + more, Logarithmic = isLogarithmic },
            ],
            Metric = metric,
            Goal = goal,
            Sampler = new(sampler) { Options = new Dictionary<string, double> { ["startup"] = option } },
            Stopping = new("none"),
            Budget = new() { Trials = batch, Hours = hours, DeviceHours = option },
            Parallelism = more,
            Seed = seed,
        };
}
