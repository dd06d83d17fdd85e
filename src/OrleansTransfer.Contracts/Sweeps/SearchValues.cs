using System.Globalization;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>Values of parameters as texts.</summary>
internal static class SearchValues
{
    /// <summary>The one text of all that say the same value: <c>1e-3</c> and <c>0.001</c> are one number.</summary>
    public static string Canonical(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? RecipeText.Of(number + 0.0) // -0 becomes 0
            : text;

    /// <summary>The values of a parameter that stand for all: both ends of numbers, every value of a choice.</summary>
    public static IEnumerable<string> Tried(SearchParameterRecipe parameter) => parameter.Kind switch
    {
        SearchWords.Choice => parameter.Values,
        SearchWords.Int => new[] { parameter.Low, parameter.High }.Distinct().Select(end => RecipeText.Of((long)end)),
        _ => new[] { parameter.Low, parameter.High }.Distinct().Select(end => RecipeText.Of(end)),
    };
}
