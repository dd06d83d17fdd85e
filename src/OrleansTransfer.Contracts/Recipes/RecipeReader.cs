using OrleansTransfer.Contracts.Sweeps;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>
/// Reads recipes: YAML, or JSON, which is YAML. Precedence: overrides, then the text, then defaults. Everything wrong with a recipe is reported
/// together. Recipes that describe a search are for <see cref="SearchReader"/>.
/// </summary>
public static class RecipeReader
{
    /// <summary>Reads a recipe; see <see cref="Read"/>.</summary>
    /// <exception cref="RecipeException">Something in it is wrong; carries every problem.</exception>
    public static Recipe Parse(string text, string sourceName, IReadOnlyList<string> sets) => Read(text, sourceName, sets).Recipe;

    /// <summary>Reads a recipe and keeps where each value came from.</summary>
    /// <param name="text">The recipe; empty for defaults and overrides alone.</param>
    /// <param name="sourceName">Name of the text in messages, usually the file's.</param>
    /// <param name="sets">Overrides of the form <c>path=value</c>; later ones win.</param>
    /// <exception cref="RecipeException">Something in it is wrong; carries every problem.</exception>
    public static RecipeReading Read(string text, string sourceName, IReadOnlyList<string> sets)
    {
        var draft = new RecipeDraft(new(sourceName));
        if (RecipeYaml.Load(text, draft.Problems) is { } root) ReadSection("", root, draft);
        foreach (var set in sets)
            if (Split(set, draft.Problems) is (var path, var value)) ReadSet(path, value, draft);
        draft.Check();
        draft.Problems.ThrowIfAny();
        return draft.ToReading();
    }

    /// <summary>Path and value of an override; null where it is, which is reported, none.</summary>
    internal static (string Path, string Value)? Split(string set, ProblemLog problems)
    {
        var equals = set.IndexOf('=');
        if (equals > 0) return (set[..equals].Trim(), set[(equals + 1)..].Trim());
        problems.Report("", $"The override '{set}' is not of the form path=value, for instance training.epochs=3.");
        return null;
    }

    /// <summary>Reads the keys and values of a section.</summary>
    /// <param name="section">Its path; empty for the whole recipe.</param>
    /// <param name="mapping">What it holds.</param>
    /// <param name="draft">Takes it in.</param>
    internal static void ReadSection(string section, YamlMappingNode mapping, RecipeDraft draft)
    {
        foreach (var (name, line, value) in RecipeYaml.EntriesOf(section, mapping, draft.Problems))
        {
            var path = section.Length == 0 ? name : $"{section}.{name}";
            if (RecipeSchema.Find(path) is { } key) ReadValue(key, value, draft);
            else if (RecipeSchema.Sections.Contains(path)) ReadInner(path, line, value, draft);
            else draft.Problems.Report(path, Unknown(path), line);
        }
    }

    /// <summary>Reads an override.</summary>
    internal static void ReadSet(string path, string text, RecipeDraft draft)
    {
        if (RecipeSchema.Find(path) is not { } key)
        {
            draft.Problems.Report(path, RecipeSchema.Sections.Contains(path)
                ? $"This is a section, which an override cannot replace; override one of its keys: {Names(path)}."
                : Unknown(path));
            return;
        }

        if (key.Read(text) is { } value) draft.Put(key, value, RecipeOrigin.Set, 0);
        else draft.Problems.Report(key.Path, $"The override says '{text}'; expected {key.Expectation}.");
    }

    private static void ReadInner(string section, int line, YamlNode value, RecipeDraft draft)
    {
        if (value is YamlMappingNode inner) ReadSection(section, inner, draft);
        else if (!RecipeYaml.IsNull(value))
            draft.Problems.Report(section, $"Found {RecipeYaml.Describe(value)}; expected the keys {Names(section)}.", line);
    }

    private static void ReadValue(RecipeKey<Recipe> key, YamlNode node, RecipeDraft draft)
    {
        var line = RecipeYaml.LineOf(node);
        if (key.Read(node) is { } value) draft.Put(key, value, RecipeOrigin.Recipe, line);
        else draft.Problems.Report(key.Path, $"Found {RecipeYaml.Describe(node)}; expected {key.Expectation}.", line);
    }

    private static string Unknown(string path) => SearchSchema.IsInside(path)
        ? "The recipe describes a search, which trains many times; run it with 'otx sweep run', or leave this out to train once."
        : KnownPaths.Unknown(path, KnownPaths.All);

    private static string Names(string section) => KnownPaths.Names(section, RecipeSchema.Paths);
}
