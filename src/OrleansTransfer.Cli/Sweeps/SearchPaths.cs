using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Paths among the values of a search.</summary>
internal static class SearchPaths
{
    private const string Weights = "model.weights";

    /// <summary>A copy whose relative paths of weights start from <paramref name="baseFolder"/>.</summary>
    public static SearchRecipe MakeAbsolute(SearchRecipe search, string baseFolder) => search with
    {
        Space = [.. search.Space.Select(parameter => parameter with
        {
            Values = parameter.Path == Weights ? [.. parameter.Values.Select(value => Absolute(value, baseFolder))] : parameter.Values,
            WhenValues = parameter.WhenPath == Weights
                ? [.. parameter.WhenValues.Select(value => Absolute(value, baseFolder))]
                : parameter.WhenValues,
        })],
    };

    private static string Absolute(string weights, string baseFolder) =>
        RecipePaths.IsWeightsFile(weights) ? Path.GetFullPath(weights, baseFolder) : weights;
}
