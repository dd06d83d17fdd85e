using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>Which values of a search are paths.</summary>
public static class SearchPaths
{
    private const string Weights = "model.weights";

    /// <summary>A copy in which relative paths of weights files that are a choice start from <paramref name="baseFolder"/>.</summary>
    public static SearchRecipe MakeAbsolute(SearchRecipe search, string baseFolder) => search with
    {
        Space = [.. search.Space.Select(parameter => parameter with
        {
            Values = parameter.Path == Weights ? Absolute(parameter.Values, baseFolder) : parameter.Values,
            WhenValues = parameter.WhenPath == Weights ? Absolute(parameter.WhenValues, baseFolder) : parameter.WhenValues,
        })],
    };

    private static IReadOnlyList<string> Absolute(IReadOnlyList<string> values, string baseFolder) =>
        [.. values.Select(value => RecipePaths.IsWeightsFile(value) ? Path.GetFullPath(value, baseFolder) : value)];
}
