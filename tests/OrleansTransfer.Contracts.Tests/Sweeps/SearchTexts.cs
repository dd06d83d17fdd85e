using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Contracts.Tests.Sweeps;

/// <summary>Recipes with searches, read.</summary>
internal static class SearchTexts
{
    public const string Smallest = "data: { train: ./leaves }";

    public static SearchReading Read(string text, params string[] sets) => SearchReader.Read(text, "leaves.yaml", sets);

    public static SearchRecipe Search(string section, params string[] sets) => Read($"{Smallest}\nsearch: {section}", sets).Search;

    public static IReadOnlyList<RecipeProblem> Problems(string text, params string[] sets) =>
        Assert.Throws<RecipeException>(() => Read(text, sets)).Problems;

    public static IReadOnlyList<RecipeProblem> ProblemsOfSpace(string space, string recipe = Smallest) =>
        Problems($"{recipe}\nsearch: {{ space: {{ {space} }} }}");
}
