using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Contracts.Tests;

public sealed class ShippedRecipesTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder(), "*.yaml").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_recipe_that_ships_reads_without_problems(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder(), file));
        var isSearch = file.StartsWith("sweep-", StringComparison.Ordinal);
        var recipe = isSearch ? SearchReader.Read(text, file, []).Recipe.Recipe : RecipeReader.Parse(text, file, []);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), recipe.Name);
    }

    private static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "recipes"))) folder = folder.Parent;
        return Path.Combine(folder!.FullName, "recipes");
    }
}
