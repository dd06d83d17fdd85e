using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>
/// Checks what can be said of a search from its values and its recipe's alone. The command line asks it before anything is sent, the node again for
/// whoever sends a search without the command line. Options of samplers and stopping rules are for the tuning library to judge.
/// </summary>
public static class SearchValidator
{
    /// <summary>
    /// Every problem of the search; empty for one that is valid in itself. Those of the recipe are for <see cref="RecipeValidator"/> to find.
    /// </summary>
    /// <param name="recipe">What trials have in common.</param>
    /// <param name="search">What they differ in.</param>
    public static IReadOnlyList<RecipeProblem> Check(Recipe recipe, SearchRecipe search)
    {
        var problems = new SpaceValidator(recipe, search.Space).Check();
        CheckMetric(search.Metric, recipe, problems);
        if (search.Goal.Length > 0) CheckWord("search.goal", search.Goal, SearchWords.Goals, problems);
        CheckWord(SearchSchema.Sampler, search.Sampler.Type, SearchWords.Samplers, problems);
        CheckWord(SearchSchema.Stopping, search.Stopping.Type, SearchWords.StoppingRules, problems);
        if (search.Stopping.Type == SearchWords.PopulationBased) CheckPopulation(recipe, search, problems);
        CheckBudget(search.Budget, problems);
        if (search.Parallelism < 0)
            problems.Add(new("search.parallelism", $"Found {search.Parallelism}; expected at least 0; 0 takes as many as there are devices for."));
        return problems;
    }

    private static void CheckMetric(string metric, Recipe recipe, List<RecipeProblem> problems)
    {
        const string path = "search.metric";
        var finished = recipe.Model.From.Length > 0;
        IReadOnlyList<string> known = finished ? SearchWords.SourceFreeMetrics
            : recipe.Data.Target.Length > 0 ? [.. SearchWords.Metrics, .. SearchWords.TargetMetrics] : SearchWords.Metrics;
        if (known.Contains(metric)) return;
        if (finished && (SearchWords.Metrics.Contains(metric) || SearchWords.TargetMetrics.Contains(metric)))
        {
            problems.Add(new(path, $"'{metric}' is measured on labelled samples of the source, and with model.from there are none; use one of "
                + $"{string.Join(", ", known)}."));
            return;
        }
        if (metric is "target.accuracy" or "target.macroF1")
            problems.Add(new(path, $"'{metric}' is measured with labels of the target domain, which are for checking only: a search that chooses by "
                + $"them has nothing left to check with. Use a score that needs none, for instance {SearchWords.TargetMetrics[0]}."));
        else if (SearchWords.TargetMetrics.Contains(metric))
            problems.Add(new(path, $"'{metric}' is measured on a target domain, and the recipe has no data.target; give it, or use one of "
                + $"{string.Join(", ", known)}."));
        else
            CheckWord(path, metric, known, problems);
    }

    // Trials go on with the weights and the optimizer of others: whatever shapes either is the same for all of them.
    private static void CheckPopulation(Recipe recipe, SearchRecipe search, List<RecipeProblem> problems)
    {
        var (words, methods) = (SearchWords.PopulationPaths, SearchWords.PopulationMethods);
        foreach (var parameter in search.Space.Where(parameter => RecipeSchema.Find(parameter.Path) is not null && !words.Contains(parameter.Path)))
            problems.Add(new(SearchSchema.PathOf(parameter), "Population-based training changes values in the middle of a run, which this one does "
                + $"not stand. It may vary {string.Join(", ", words)}; vary others with stopping: asha."));
        if (!methods.Contains(recipe.Transfer.Method))
            problems.Add(new(SearchSchema.Stopping, $"With the method {recipe.Transfer.Method} trials in different epochs train different things, and "
                + $"population-based training hands weights on between them. Use {string.Join(" or ", methods)}, or stopping: asha."));
        if (recipe.Data.Target.Length > 0)
            problems.Add(new(SearchSchema.Stopping, "With data.target a run ends with the weights of the epoch it picks from its own past, and "
                + "population-based training mixes pasts. Use stopping: asha."));
    }

    private static void CheckBudget(SweepBudgetRecipe budget, List<RecipeProblem> problems)
    {
        if (budget.Trials < 1) problems.Add(new("search.budget.trials", $"Found {budget.Trials}; the smallest budget is 1 trial."));
        CheckHours("search.budget.hours", budget.Hours, problems);
        CheckHours("search.budget.deviceHours", budget.DeviceHours, problems);
    }

    private static void CheckHours(string path, double hours, List<RecipeProblem> problems)
    {
        if (!(hours >= 0 && double.IsFinite(hours))) problems.Add(new(path, $"Found {RecipeText.Of(hours)}; expected 0 for no limit, or more."));
    }

    private static void CheckWord(string path, string word, IReadOnlyList<string> allowed, List<RecipeProblem> problems)
    {
        if (allowed.Contains(word)) return;
        problems.Add(new(path, $"Found '{word}'; expected one of {string.Join(", ", allowed)}; the nearest is '{NearestName.Of(word, allowed)}'."));
    }
}
