using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cluster.Tests.Experiments;

public sealed class DataRootsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-roots-").FullName;
    private readonly string _data, _secret;

    public DataRootsTests()
    {
        _data = Directory.CreateDirectory(Path.Combine(_folder, "data", "leaves")).FullName;
        _secret = Directory.CreateDirectory(Path.Combine(_folder, "secret")).FullName;
        File.WriteAllText(Path.Combine(_secret, "key"), "secret");
        File.WriteAllText(Path.Combine(_data, "table.csv"), "label,text\n");
    }

    private string Root => Path.GetDirectoryName(_data)!;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_within_may_be_read()
    {
        Directory.CreateDirectory(Path.Combine(_data, "healthy"));
        File.CreateSymbolicLink(Path.Combine(_data, "healthy", "same.csv"), "../table.csv");
        File.CreateSymbolicLink(Path.Combine(Root, "linked"), _data);

        Assert.Empty(Problems(new() { Train = _data, Validation = "0.2" }));
        Assert.Empty(Problems(new() { Train = Root }));
        Assert.Empty(Problems(new() { Train = Path.Combine(Root, "linked", "table.csv") }));
        Assert.Empty(Problems(new() { Train = Path.Combine(Root, "not-there-yet") }));
        Assert.Empty(DataRoots.Unconfined.Check(Recipe(new() { Train = _secret }), CancellationToken.None));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("data/../secret/key")]
    [InlineData("data/leaves/../../secret")]
    [InlineData("data-of-another")]
    [InlineData("")]
    public void What_is_outside_may_not(string path)
    {
        var problem = Assert.Single(Problems(new() { Train = Path.Combine(_folder, path) }));
        Assert.Equal("data.train", problem.Path);
        Assert.Contains("--data-roots", problem.Message);
        Assert.Contains($"'{Root}'", problem.Message);
    }

    [Fact]
    public void The_bundle_of_a_finished_model_is_read_within_too_and_an_experiment_is_no_path()
    {
        IReadOnlyList<RecipeProblem> Of(string from) =>
            DataRoots.Within([Root]).Check(new() { Model = new() { From = from }, Data = new() { Target = _data } }, CancellationToken.None);
        Assert.Equal("model.from", Assert.Single(Of(_secret)).Path);
        Assert.Empty(Of(_data));
        Assert.Empty(Of("leaves-3f9a12"));
    }

    [Fact]
    public void Links_that_lead_out_are_found_wherever_they_are()
    {
        var inner = Directory.CreateDirectory(Path.Combine(_data, "healthy", "deep")).FullName;
        File.CreateSymbolicLink(Path.Combine(Root, "out"), "../secret");
        File.CreateSymbolicLink(Path.Combine(inner, "picture.png"), Path.Combine(_secret, "key"));

        Assert.Contains("is not in", Assert.Single(Problems(new() { Train = Path.Combine(Root, "out", "key") })).Message);
        Assert.Contains($"'{Path.Combine(inner, "picture.png")}' is a link that leads out", Assert.Single(Problems(new() { Train = _data })).Message);
        File.Delete(Path.Combine(inner, "picture.png"));
        Directory.CreateSymbolicLink(Path.Combine(inner, "more"), _secret);
        Assert.Contains("leads out", Assert.Single(Problems(new() { Train = _data })).Message);
    }

    [Fact]
    public void Links_in_circles_end()
    {
        File.CreateSymbolicLink(Path.Combine(Root, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(Root, "b"), "a");
        Directory.CreateSymbolicLink(Path.Combine(_data, "again"), _data);

        Assert.Contains("in circles", Assert.Single(Problems(new() { Train = Path.Combine(Root, "a") })).Message);
        Assert.Empty(Problems(new() { Train = _data }));
    }

    [Fact]
    public void Every_path_of_a_recipe_is_looked_at()
    {
        var outside = Path.Combine(_secret, "key");
        var recipe = new Recipe
        {
            Data = new() { Train = outside, Validation = outside, Target = outside, TargetTest = outside },
            Model = new() { Weights = outside, Vectors = [outside], Tokenizer = outside, Config = outside },
        };

        var problems = DataRoots.Within([Root]).Check(recipe, CancellationToken.None);

        Assert.Equal(
            ["data.train", "data.validation", "data.target", "data.targetTest", "model.vectors", "model.tokenizer", "model.config", "model.weights"],
            problems.Select(problem => problem.Path));
        // What makes paths absolute knows all of them.
        var relative = new Recipe
        {
            Data = new() { Train = "p", Validation = "p", Target = "p", TargetTest = "p" },
            Model = new() { Weights = "p", Vectors = ["p"], Tokenizer = "p", Config = "p" },
        };
        var paths = RecipeWriter.ToYaml(RecipePaths.MakeAbsolute(relative, "/base"));
        Assert.Equal(problems.Count, paths.Split("/base/p").Length - 1);
    }

    [Fact]
    public void Without_roots_nothing_may_be_read_and_the_message_says_what_to_do()
    {
        var problem = Assert.Single(DataRoots.Within([]).Check(Recipe(new() { Train = _data }), CancellationToken.None));
        Assert.Contains("without --data-roots", problem.Message);
    }

    [Fact]
    public void A_root_that_is_no_absolute_path_is_refused() =>
        Assert.Contains("'leaves'", Assert.Throws<FormatException>(() => DataRoots.Within(["leaves"])).Message);

    private IReadOnlyList<RecipeProblem> Problems(DataRecipe data) => DataRoots.Within([Root]).Check(Recipe(data), CancellationToken.None);

    private static Recipe Recipe(DataRecipe data) => new() { Data = data, Model = new() { Weights = "none" } };
}
