namespace OrleansTransfer.Contracts.Recipes;

/// <summary>What to say of a path that is no key.</summary>
internal static class KnownPaths
{
    /// <summary>The keys that recipes have, those of a search among them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. RecipeSchema.Paths, .. Sweeps.SearchSchema.Paths];

    /// <summary>Says that there is no such key, and which one was probably meant.</summary>
    /// <param name="path">What was found.</param>
    /// <param name="known">Paths of keys that would be right.</param>
    public static string Unknown(string path, IReadOnlyList<string> known)
    {
        // A key in the wrong section is as common as a misspelt one: an exact name elsewhere beats a similar one here.
        var name = NameOf(path);
        var elsewhere = known.FirstOrDefault(key => string.Equals(NameOf(key), name, StringComparison.OrdinalIgnoreCase));
        var children = Children(path.LastIndexOf('.') is var dot and >= 0 ? path[..dot] : "", known);
        return $"There is no such key; the nearest one is '{elsewhere ?? NearestName.Of(path, children.Count > 0 ? children : known)}'.";
    }

    /// <summary>Paths of keys and sections directly inside a section.</summary>
    public static IReadOnlyList<string> Children(string section, IReadOnlyList<string> known)
    {
        var prefix = section.Length == 0 ? "" : section + ".";
        var inside = known.Where(path => path.StartsWith(prefix, StringComparison.Ordinal));
        return [.. inside.Select(path => prefix + path[prefix.Length..].Split('.')[0]).Distinct()];
    }

    /// <summary>Names of the keys and sections directly inside a section, for messages.</summary>
    public static string Names(string section, IReadOnlyList<string> known) => string.Join(", ", Children(section, known).Select(NameOf));

    private static string NameOf(string path) => path[(path.LastIndexOf('.') + 1)..];
}
