using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>
/// Tries values of a search on its recipe, so that they go through the very rules that the recipe's own go through. A value is wrong when no choice
/// of another parameter makes it right.
/// </summary>
internal sealed class TriedValues(Recipe recipe, IReadOnlyList<SearchParameterRecipe> space)
{
    private readonly HashSet<RecipeProblem> _known = [.. RecipeValidator.Check(recipe)];

    /// <summary>
    /// Problems that the value brings: those of its own key, and those that the recipe has not without it. Empty if any choice of another parameter
    /// removes them.
    /// </summary>
    public IReadOnlyList<RecipeProblem> ProblemsOf(SearchParameterRecipe parameter, RecipeKey<Recipe> key, object value)
    {
        IReadOnlyList<RecipeProblem>? first = null;
        foreach (var surroundings in SurroundingsOf(parameter))
        {
            var problems = RecipeValidator.Check(key.Set(surroundings, value))
                .Where(problem => problem.Path == parameter.Path || !_known.Contains(problem)).ToList();
            if (problems.Count == 0) return [];
            first ??= problems;
        }
        return first ?? [];
    }

    // The recipe as the parameter's condition wants it, first by itself and then with each value of each other choice.
    private IEnumerable<Recipe> SurroundingsOf(SearchParameterRecipe parameter)
    {
        var ancestors = AncestorsOf(parameter);
        var conditioned = ancestors.Count == 0 ? [recipe] : Conditioned(parameter, ancestors).ToList();
        foreach (var one in conditioned) yield return one;
        foreach (var other in space.Where(other => other.Kind == SearchWords.Choice && other.Path != parameter.Path && !ancestors.Contains(other)))
            foreach (var value in other.Values)
                foreach (var one in conditioned)
                    if (With(one, other.Path, value) is { } changed) yield return changed;
    }

    private List<SearchParameterRecipe> AncestorsOf(SearchParameterRecipe parameter)
    {
        List<SearchParameterRecipe> ancestors = [];
        for (var child = parameter; space.FirstOrDefault(other => other.Path == child.WhenPath) is { } parent; child = parent)
        {
            if (parent == parameter || ancestors.Contains(parent)) break;
            ancestors.Add(parent);
        }
        return ancestors;
    }

    // Only the nearest condition has several values that matter; those above it are met by their first.
    private IEnumerable<Recipe> Conditioned(SearchParameterRecipe parameter, List<SearchParameterRecipe> ancestors)
    {
        var start = recipe;
        foreach (var ancestor in ancestors.Where(ancestor => ancestor.WhenPath is not null && ancestor.WhenValues.Count > 0))
            start = With(start, ancestor.WhenPath!, ancestor.WhenValues[0]) ?? start;
        return parameter.WhenValues.Select(value => With(start, parameter.WhenPath!, value)).OfType<Recipe>();
    }

    private static Recipe? With(Recipe recipe, string path, string text) =>
        RecipeSchema.Find(path) is { } key && key.Read(text) is { } value ? key.Set(recipe, value) : null;
}
