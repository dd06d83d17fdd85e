using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>Which values of a recipe are paths.</summary>
public static partial class RecipePaths
{
    /// <summary>The scheme of weights that were imported into the container: <c>blob:</c> and their SHA-256.</summary>
    public const string BlobScheme = "blob:";

    /// <summary>Whether <see cref="ModelRecipe.Weights"/> names a file.</summary>
    public static bool IsWeightsFile(string weights) =>
        weights is not ("" or "imagenet" or "none") && !weights.StartsWith(BlobScheme, StringComparison.Ordinal) && !IsUrl(weights)
        && !IsWeightsName(weights);

    /// <summary>
    /// Whether <see cref="ModelRecipe.Weights"/> has the shape of a catalogue's name, <c>resnet50/imagenet1k_v2</c>: a folder and a file without
    /// ending, in lower case, are written <c>./folder/file</c>.
    /// </summary>
    public static bool IsWeightsName(string weights) => WeightsName().IsMatch(weights);

    /// <summary>Whether <see cref="ModelRecipe.From"/> names the folder of a bundle; otherwise it is the id of an experiment.</summary>
    public static bool IsBundleFolder(string from) => from.AsSpan().IndexOfAny('/', '\\') >= 0 || from is "." or "..";

    /// <summary>The fraction that <see cref="DataRecipe.Validation"/> asks for, or null when it is a path.</summary>
    public static double? ValidationFraction(string validation) =>
        double.TryParse(validation, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) ? fraction : null;

    /// <summary>A copy whose relative paths start from <paramref name="baseFolder"/>.</summary>
    public static Recipe MakeAbsolute(Recipe recipe, string baseFolder) => recipe with
    {
        Model = recipe.Model with
        {
            Vectors = [.. recipe.Model.Vectors.Select(path => Absolute(path, baseFolder))],
            Tokenizer = recipe.Model.Tokenizer.Length == 0 ? "" : Absolute(recipe.Model.Tokenizer, baseFolder),
            Config = recipe.Model.Config.Length == 0 ? "" : Absolute(recipe.Model.Config, baseFolder),
            From = IsBundleFolder(recipe.Model.From) ? Absolute(recipe.Model.From, baseFolder) : recipe.Model.From,
            Weights = IsWeightsFile(recipe.Model.Weights) ? Absolute(recipe.Model.Weights, baseFolder) : recipe.Model.Weights,
        },
        Data = recipe.Data with
        {
            Train = recipe.Data.Train.Length == 0 ? "" : Absolute(recipe.Data.Train, baseFolder),
            Target = recipe.Data.Target.Length == 0 ? "" : Absolute(recipe.Data.Target, baseFolder),
            TargetTest = recipe.Data.TargetTest.Length == 0 ? "" : Absolute(recipe.Data.TargetTest, baseFolder),
            Validation = ValidationFraction(recipe.Data.Validation) is null ? Absolute(recipe.Data.Validation, baseFolder) : recipe.Data.Validation,
        },
    };

    /// <summary>Whether a value names something on a server.</summary>
    public static bool IsUrl(string text) => text.Contains("://", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9_]*/[a-z0-9][a-z0-9_-]*\z")]
    private static partial Regex WeightsName();

    private static string Absolute(string path, string baseFolder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, baseFolder));
}
