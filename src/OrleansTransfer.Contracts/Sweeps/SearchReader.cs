using OrleansTransfer.Contracts.Recipes;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>
/// Reads recipes that describe a search: see <see cref="RecipeReader"/>. Everything wrong with recipe and search is reported together.
/// </summary>
public static class SearchReader
{
    /// <summary>Reads a recipe and its section <c>search</c>.</summary>
    /// <param name="text">The recipe; empty for defaults and overrides alone.</param>
    /// <param name="sourceName">Name of the text in messages, usually the file's.</param>
    /// <param name="sets">
    /// Overrides of the form <c>path=value</c>; later ones win. Values inside <c>search</c> are YAML, for instance <c>search.budget.trials=5</c> or
    /// <c>search.space.training.batchSize=[16, 32]</c>, which replaces the parameter or adds it.
    /// </param>
    /// <exception cref="RecipeException">Something in it is wrong; carries every problem.</exception>
    public static SearchReading Read(string text, string sourceName, IReadOnlyList<string> sets)
    {
        var problems = new ProblemLog(sourceName);
        var (draft, search) = (new RecipeDraft(problems), new SearchDraft(problems));

        if (RecipeYaml.Load(text, problems) is { } root)
        {
            if (Take(root) is { } section) search.ReadText(section);
            RecipeReader.ReadSection("", root, draft);
        }
        var isYaml = !problems.Paths.Contains("");

        foreach (var set in sets)
        {
            if (RecipeReader.Split(set, problems) is not (var path, var value)) continue;
            if (SearchSchema.IsInside(path)) search.ReadSet(path, value);
            else RecipeReader.ReadSet(path, value, draft);
        }

        draft.Check();
        if (search.IsGiven) search.Check(draft.Recipe);
        else if (isYaml) problems.Report(SearchSchema.Section, "The recipe has no section search, so there is nothing to vary; give it at least "
            + "search.space, for instance search: { space: { training.optimizer.learningRate: { log: [1e-4, 1e-1] } } }, or use 'otx train'.");
        problems.ThrowIfAny();
        return new(draft.ToReading(), search.Search);
    }

    // The section leaves the recipe: what remains is read as any other.
    private static YamlNode? Take(YamlMappingNode root)
    {
        foreach (var (key, section) in root.Children)
        {
            if (key is not YamlScalarNode { Value: SearchSchema.Section }) continue;
            root.Children.Remove(key);
            return section;
        }
        return null;
    }
}
