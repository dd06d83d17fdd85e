using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>Checks on what parameters of a search depend.</summary>
internal static class ConditionValidator
{
    /// <summary>What is wrong with a parameter's condition, in sentences.</summary>
    public static IEnumerable<string> Check(SearchParameterRecipe parameter, IReadOnlyList<SearchParameterRecipe> space)
    {
        if (parameter.WhenPath is not { } path) return [];
        if (Find(path, space) is not { } parent)
        {
            var nearest = NearestName.Of(path, space.Where(other => other.Kind == SearchWords.Choice).Select(other => other.Path));
            return [$"Depends on '{path}', which the search does not vary{(nearest is null ? "" : $"; the nearest choice is '{nearest}'")}."];
        }
        if (parent.Kind != SearchWords.Choice) return [$"Depends on '{path}', which is of the kind {parent.Kind}; it can depend on a choice."];
        if (CircleOf(parameter, space) is { } circle) return [$"Conditions lead in a circle: {circle}. One of them has to go."];

        var values = string.Join(", ", parent.Values);
        if (parameter.WhenValues.Count == 0) return [$"Depends on '{path}' without a value of it; name some of {values}."];
        var known = parent.Values.Select(SearchValues.Canonical).ToHashSet();
        return parameter.WhenValues.Where(value => !known.Contains(SearchValues.Canonical(value))).Select(unknown =>
            $"Depends on '{unknown}' of {path}, which is none of its values; those are {values}; "
            + $"the nearest is '{NearestName.Of(unknown, parent.Values)}'.");
    }

    private static string? CircleOf(SearchParameterRecipe parameter, IReadOnlyList<SearchParameterRecipe> space)
    {
        List<string> way = [parameter.Path];
        for (var next = parameter.WhenPath; next is not null; next = Find(next, space)?.WhenPath)
        {
            if (next == parameter.Path) return string.Join(" -> ", [.. way, next]);
            if (way.Contains(next)) return null; // The circle is further up, and reported there.
            way.Add(next);
        }
        return null;
    }

    private static SearchParameterRecipe? Find(string path, IReadOnlyList<SearchParameterRecipe> space) =>
        space.FirstOrDefault(parameter => parameter.Path == path);
}
