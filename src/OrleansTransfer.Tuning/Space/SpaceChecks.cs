namespace OrleansTransfer.Tuning.Space;

/// <summary>Finds what is wrong with the parameters of a space.</summary>
internal static class SpaceChecks
{
    /// <summary>All problems, in the order of the parameters.</summary>
    public static IReadOnlyList<SpaceProblem> Of(IReadOnlyList<SearchParameter> parameters)
    {
        if (parameters.Count == 0) return [new("search", "no parameters", "a search varies at least one")];
        List<SpaceProblem> problems = [];
        var byPath = new Dictionary<string, SearchParameter>();
        foreach (var parameter in parameters)
        {
            if (string.IsNullOrWhiteSpace(parameter.Path))
                problems.Add(new(parameter.Path, "an empty name", "a parameter is named by a recipe path"));
            else if (!byPath.TryAdd(parameter.Path, parameter))
                problems.Add(new(parameter.Path, "the name twice", "names are all different"));
        }
        foreach (var parameter in parameters)
        {
            problems.AddRange(parameter.Problems());
            if (parameter.When is { } when) problems.AddRange(Condition(parameter, when, byPath));
        }
        return problems;
    }

    private static IEnumerable<SpaceProblem> Condition(SearchParameter parameter, Condition when, Dictionary<string, SearchParameter> byPath)
    {
        if (!byPath.TryGetValue(when.Parent, out var parent))
        {
            var meant = NearestName.Of(when.Parent, byPath.Keys) is { } nearest ? $"; did you mean '{nearest}'?" : "";
            yield return new(parameter.Path, $"a condition on '{when.Parent}'", $"the search has no such parameter{meant}");
            yield break;
        }
        if (parent is not ChoiceParameter choice)
        {
            yield return new(parameter.Path, $"a condition on '{when.Parent}'", "a condition is about a choice");
            yield break;
        }
        if (when.Values.Count == 0) yield return new(parameter.Path, "a condition without values", $"allowed: {choice.Describe()}");
        foreach (var value in when.Values.Where(value => !choice.Allows(value)))
            yield return new(parameter.Path, $"the condition {when.Parent} is {value}", $"allowed: {choice.Describe()}");
        if (Circle(parameter, byPath) is { } circle) yield return new(parameter.Path, circle, "no condition leads back to its own parameter");
    }

    private static string? Circle(SearchParameter parameter, Dictionary<string, SearchParameter> byPath)
    {
        List<string> path = [parameter.Path];
        for (var next = parameter; next.When is { } when && byPath.TryGetValue(when.Parent, out var parent); next = parent)
        {
            path.Add(parent.Path);
            if (parent.Path == parameter.Path) return $"conditions in a circle: {string.Join(" -> ", path)}";
            if (path.Count > byPath.Count + 1) return null; // the circle is further up, and reported there
        }
        return null;
    }
}
