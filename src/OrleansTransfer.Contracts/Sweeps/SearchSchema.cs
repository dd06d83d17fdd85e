using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>The keys of the section <c>search</c> that hold one value each, and the places of all else.</summary>
internal static class SearchSchema
{
    public const string Section = "search";
    public const string Space = "search.space";
    public const string Sampler = "search.sampler";
    public const string Stopping = "search.stopping";
    public const string Budget = "search.budget";

    /// <summary>Keys with one value.</summary>
    public static IReadOnlyList<RecipeKey<SearchRecipe>> Keys { get; } =
    [
        new("search.metric", RecipeValueKind.Text, s => s.Metric, (s, v) => s with { Metric = (string)v }),
        new("search.goal", RecipeValueKind.Text, s => s.Goal, (s, v) => s with { Goal = (string)v }) { Allowed = SearchWords.Goals },
        Integer("search.budget.trials", s => s.Budget.Trials, (s, v) => s with { Budget = s.Budget with { Trials = v } }),
        new("search.budget.hours", RecipeValueKind.Number, s => s.Budget.Hours, (s, v) => s with { Budget = s.Budget with { Hours = (double)v } }),
        new("search.budget.deviceHours", RecipeValueKind.Number,
            s => s.Budget.DeviceHours, (s, v) => s with { Budget = s.Budget with { DeviceHours = (double)v } }),
        Integer("search.parallelism", s => s.Parallelism, (s, v) => s with { Parallelism = v }),
        new("search.seed", RecipeValueKind.Integer, s => s.Seed, (s, v) => s with { Seed = (long)v }),
    ];

    /// <summary>Everything directly under a section, for finding what someone meant.</summary>
    public static IReadOnlyList<string> Paths { get; } = [Space, Sampler, Stopping, .. Keys.Select(key => key.Path)];

    /// <summary>The key of this path, or null.</summary>
    public static RecipeKey<SearchRecipe>? Find(string path) => Keys.FirstOrDefault(key => key.Path == path);

    /// <summary>Whether a path of a recipe is in the section.</summary>
    public static bool IsInside(string path) => path == Section || path.StartsWith(Section + ".", StringComparison.Ordinal);

    /// <summary>Place of a parameter.</summary>
    public static string PathOf(SearchParameterRecipe parameter) => $"{Space}.{parameter.Path}";

    private static RecipeKey<SearchRecipe> Integer(string path, Func<SearchRecipe, int> get, Func<SearchRecipe, int, SearchRecipe> set) =>
        new(path, RecipeValueKind.Integer, search => (long)get(search), (search, value) => set(search, (int)(long)value))
        {
            Least = int.MinValue,
            Most = int.MaxValue,
        };
}
