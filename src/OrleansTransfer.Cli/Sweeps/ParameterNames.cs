namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Short names of recipe paths: the last part, or as many as it takes to tell them apart.</summary>
internal static class ParameterNames
{
    /// <summary>The names by path.</summary>
    public static IReadOnlyDictionary<string, string> Of(IEnumerable<string> paths)
    {
        List<string> all = [.. paths.Distinct()];
        return all.ToDictionary(path => path, path => Shortest(path, all));
    }

    private static string Shortest(string path, List<string> all)
    {
        var parts = path.Split('.');
        for (var count = 1; count < parts.Length; count++)
        {
            var name = string.Join('.', parts[^count..]);
            if (all.Count(other => other == name || other.EndsWith($".{name}", StringComparison.Ordinal)) == 1) return name;
        }
        return path;
    }
}
