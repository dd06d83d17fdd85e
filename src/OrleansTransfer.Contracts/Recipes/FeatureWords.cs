using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>What a recipe says of features that stay the same while the backbone is frozen: a node computes those once and keeps them.</summary>
public static class FeatureWords
{
    /// <summary>Whether nothing below the head ever trains.</summary>
    public static bool IsBackboneFrozen(Recipe recipe) =>
        recipe.Transfer.Method == "feature-extraction" || recipe is { Transfer: { Method: "fine-tune", Unfreeze: "none" } };

    /// <summary>Whether nothing below the head trains in the first epochs at least.</summary>
    public static bool BeginsFrozen(Recipe recipe) => IsBackboneFrozen(recipe) || recipe.Transfer.Method is "lp-ft" or "gradual";

    /// <summary>
    /// Why features of the backbone are computed in every epoch; null when those of validation samples are kept while it is frozen, and those of
    /// training samples too unless <see cref="VariesSamples"/>.
    /// </summary>
    public static string? WhyNotKept(Recipe recipe)
    {
        if (!BeginsFrozen(recipe)) return "the backbone trains";
        if (recipe.Task == TaskWords.Texts && recipe.Model.Backbone == TaskWords.WordVectors) return "vectors of words are as quick to look up";
        return recipe.Data.Target.Length > 0 ? "data.target is looked at too" : null;
    }

    /// <summary>Whether every epoch sees other training samples.</summary>
    public static bool VariesSamples(Recipe recipe) => recipe.Data.Augment != "none";

    /// <summary>A sentence on it for people; null where the backbone trains and there is nothing to say.</summary>
    public static string? Explain(Recipe recipe)
    {
        if (!BeginsFrozen(recipe)) return null;
        if (WhyNotKept(recipe) is { } reason) return $"the frozen backbone computes its features in every epoch: {reason}";
        if (VariesSamples(recipe))
            return $"the frozen backbone computes features of training samples in every epoch: data.augment is {recipe.Data.Augment}, so that "
                + "every epoch has other samples; none keeps them";
        return IsBackboneFrozen(recipe)
            ? "features of the frozen backbone are computed once per node and kept; epochs train the head on them"
            : "features of the backbone are computed once per node and kept while it is frozen; phases that train it see the samples";
    }

    /// <summary>The same of the trials of a search; null where none of them freezes its backbone.</summary>
    public static string? Explain(Recipe recipe, SearchRecipe search)
    {
        // What decides is a handful of words: each combination of theirs is a kind of trial.
        List<Recipe> kinds = [recipe];
        foreach (var parameter in search.Space.Where(parameter => parameter.Path is "transfer.method" or "transfer.unfreeze" or "data.augment"))
            if (RecipeSchema.Find(parameter.Path) is { } key)
                kinds = [.. kinds.SelectMany(kind => parameter.Values.Select(value => key.Read(value) is { } read ? key.Set(kind, read) : kind))];
        var frozen = kinds.Where(BeginsFrozen).ToList();
        if (frozen.Count == 0) return null;
        var kept = frozen.Where(kind => WhyNotKept(kind) is null && !VariesSamples(kind)).ToList();
        if (kept.Count == 0) return $"{(frozen.Count < kinds.Count ? "where it is frozen, " : "")}{Explain(frozen[0])}";
        return kept.Count == kinds.Count && kept.All(kind => IsBackboneFrozen(kind) == IsBackboneFrozen(kept[0]))
            ? Explain(kept[0])
            : "while the backbone is frozen, and data.augment is none, features are computed once per node and kept; epochs train the head on them";
    }
}
