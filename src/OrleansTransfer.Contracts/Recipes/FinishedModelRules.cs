namespace OrleansTransfer.Contracts.Recipes;

/// <summary>
/// What a recipe may say beside <see cref="ModelRecipe.From"/>: the finished model decides the rest, and there is no data of the source.
/// </summary>
public static class FinishedModelRules
{
    private const string Default = "imagenet";

    /// <summary>Whether the recipe names the weights by their content, as it does once the bundle has been looked at.</summary>
    public static bool IsPinned(ModelRecipe model) => model.Weights.StartsWith(RecipePaths.BlobScheme, StringComparison.Ordinal);

    /// <summary>Adds every problem of a recipe that adapts a finished model.</summary>
    internal static void Check(Recipe recipe, List<RecipeProblem> problems)
    {
        var (model, data, transfer) = (recipe.Model, recipe.Data, recipe.Transfer);
        var methods = string.Join(", ", AdaptationWords.SourceFree);
        if (data.Target.Length == 0)
            problems.Add(new("data.target", "With model.from a finished model is adapted to a target domain, without labels; give its samples."));
        if (!AdaptationWords.SourceFree.Contains(transfer.Method))
            problems.Add(new("transfer.method", WhyNot(transfer.Method, methods)));
        var validators = string.Join(", ", AdaptationWords.Validators.Except(AdaptationWords.SourceValidators));
        if (AdaptationWords.SourceValidators.Contains(transfer.Validator))
            problems.Add(new("transfer.validator", $"Found {transfer.Validator}, which measures on labelled samples of the source, and with "
                + $"model.from there are none; use one of {validators}."));
        if (data.Train.Length > 0)
            problems.Add(new("data.train", $"With model.from nothing is trained on labelled data ({methods} look at the target alone); leave it out. "
                + "To fine-tune a finished model, give the model.safetensors of its bundle as model.weights instead of model.from."));
        if (RecipePaths.ValidationFraction(data.Validation) is null)
            problems.Add(new("data.validation", "With model.from there are no samples of the source to validate on; leave it out. "
                + "Labelled samples of the target, for checking, are data.targetTest."));
        if (model.Weights != Default && !IsPinned(model))
            problems.Add(new("model.weights", $"Found '{model.Weights}'; the weights are those of model.from. Leave this key out."));
        if (model.InputSize != 0)
            problems.Add(new(
                "model.inputSize", $"Found {model.InputSize}; pictures go through what the bundle of model.from says. Leave this key out."));
        if (model.Vectors.Count > 0)
            problems.Add(new("model.vectors", "The words and their vectors are those of model.from. Leave this key out."));
        foreach (var (key, path) in new[] { ("model.tokenizer", model.Tokenizer), ("model.config", model.Config) })
            if (path.Length > 0) problems.Add(new(key, $"Found '{path}'; the bundle of model.from has its own. Leave this key out."));
    }

    private static string WhyNot(string method, string methods) => method switch
    {
        "source-only" => $"The method source-only trains on the source, and with model.from there is none. 'otx evaluate' judges the model as it is; "
            + $"to adapt it use one of {methods}.",
        _ when AdaptationWords.Methods.Contains(method) =>
            $"The method {method} learns from labelled samples of the source beside the target's, and with model.from there are none. "
            + $"Use one of {methods}, or give data.train instead of model.from.",
        _ => $"The method {method} learns from labels, and with model.from there are none; use one of {methods}.",
    };
}
