using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Reads a recipe for a search with its defaults.</summary>
internal static class SearchReader
{
    public static SearchReading Read(string text, string sourceName, IReadOnlyList<string> sets) => new(RecipeReader.Read(text, sourceName, sets), new());
}
