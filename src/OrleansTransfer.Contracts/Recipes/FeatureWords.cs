using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>What a recipe says of features that stay the same in every epoch: a node computes those once and keeps them.</summary>
public static class FeatureWords
{
    /// <summary>Whether nothing below the head trains.</summary>
    public static bool IsBackboneFrozen(Recipe recipe) =>
        recipe.Transfer.Method == "feature-extraction" || recipe is { Transfer: { Method: "fine-tune", Unfreeze: "none" } };

    /// <summary>Why features of the backbone are computed in every epoch; null when they are computed once and kept.</summary>
    public static string? WhyNotKept(Recipe recipe)
    {
        if (!IsBackboneFrozen(recipe)) return "the backbone trains";
        if (recipe.Task != TaskWords.Images) return "texts are embedded anew in every epoch";
        if (recipe.Data.Augment != "none") return $"data.augment is {recipe.Data.Augment}, so that every epoch has other pictures; none keeps them";
        if (recipe.Data.Target.Length > 0) return "data.target is looked at too";
        return recipe.Resources.Workers > 1 ? "several workers share the computing; one alone keeps them" : null;
    }

    /// <summary>A sentence on it for people; null where the backbone trains and there is nothing to say.</summary>
    public static string? Explain(Recipe recipe) => !IsBackboneFrozen(recipe) ? null : WhyNotKept(recipe) is { } reason
        ? $"the frozen backbone computes its features in every epoch: {reason}"
        : "features of the frozen backbone are computed once per node and kept; epochs train the head on them";

    /// <summary>The same of the trials of a search; null where none of them freezes its backbone.</summary>
    public static string? Explain(Recipe recipe, SearchRecipe search)
    {
        // What decides is a handful of words: each combination of theirs is a kind of trial.
        List<Recipe> kinds = [recipe];
        foreach (var parameter in search.Space.Where(parameter => parameter.Path is "transfer.method" or "transfer.unfreeze" or "data.augment"))
            if (RecipeSchema.Find(parameter.Path) is { } key)
                kinds = [.. kinds.SelectMany(kind => parameter.Values.Select(value => key.Read(value) is { } read ? key.Set(kind, read) : kind))];
        var frozen = kinds.Where(IsBackboneFrozen).ToList();
        if (frozen.Count == 0) return null;
        var kept = frozen.Count(kind => WhyNotKept(kind) is null);
        if (kept == 0) return $"{(frozen.Count < kinds.Count ? "where it is frozen, " : "")}{Explain(frozen[0])}";
        return kept == kinds.Count
            ? Explain(frozen[0])
            : "where the backbone is frozen and data.augment is none, features are computed once per node and kept; epochs train the head on them";
    }
}
