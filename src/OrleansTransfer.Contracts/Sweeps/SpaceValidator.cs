using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>Checks the parameters of a search: their keys and values, and with <see cref="ConditionValidator"/> their conditions.</summary>
internal sealed class SpaceValidator(Recipe recipe, IReadOnlyList<SearchParameterRecipe> space)
{
    private readonly List<RecipeProblem> _problems = [];
    private readonly TriedValues _tried = new(recipe, space);

    /// <summary>Every problem of the space.</summary>
    public List<RecipeProblem> Check()
    {
        if (space.Count == 0)
            _problems.Add(new(SearchSchema.Space,
                "The search varies nothing; give at least one recipe path, for instance training.optimizer.learningRate: { log: [1e-4, 1e-1] }."));
        foreach (var repeated in space.GroupBy(parameter => parameter.Path).Where(group => group.Count() > 1))
            Report(repeated.First(), $"Found {repeated.Count()} times; each path has one entry.");
        foreach (var parameter in space)
        {
            foreach (var message in ConditionValidator.Check(parameter, space)) Report(parameter, message);
            if (KeyOf(parameter) is { } key && CheckKind(parameter, key) && CheckNumbers(parameter, key) && CheckChoice(parameter))
                TryValues(parameter, key);
        }
        return _problems;
    }

    private RecipeKey<Recipe>? KeyOf(SearchParameterRecipe parameter)
    {
        var path = parameter.Path;
        if (RecipeSchema.Find(path) is not { } key)
        {
            Report(parameter, RecipeSchema.Sections.Contains(path)
                ? $"This is a section of the recipe; vary one of its keys: {KnownPaths.Names(path, RecipeSchema.Paths)}."
                : KnownPaths.Unknown(path, RecipeSchema.Paths));
            return null;
        }
        if (WhyFixed(path) is not { } reason) return key;
        Report(parameter, $"This cannot be varied: {reason}.");
        return null;
    }

    private static string? WhyFixed(string path) => path switch
    {
        "name" => "trials are named after the sweep",
        "training.epochs" => "it is the length of a full trial, and stopping rules compare trials epoch by epoch",
        "task" or "data.train" or "data.validation" or "data.labels" or "data.groups" or "data.target" or "data.targetTest" =>
            "trials are compared by what they measure of the same samples; compare data in sweeps of their own",
        "model.from" => "trials are compared by what they make of the same model",
        "model.vectors" or "model.lora.targets" => "a list has no place among the values of a parameter",
        _ when path.StartsWith("resources.", StringComparison.Ordinal) => "devices are the same for all trials and change no result",
        _ when path.StartsWith("checkpoint.", StringComparison.Ordinal) => "checkpoints change no result",
        _ => null,
    };

    private bool CheckKind(SearchParameterRecipe parameter, RecipeKey<Recipe> key) => (parameter.Kind, key.Kind) switch
    {
        (SearchWords.Choice, _) or (SearchWords.Int, RecipeValueKind.Integer or RecipeValueKind.Number)
            or (SearchWords.Uniform or SearchWords.Log, RecipeValueKind.Number) => true,
        (SearchWords.Log, RecipeValueKind.Integer) => Report(parameter, "Found log; the key takes whole numbers: use int with log: true."),
        (SearchWords.Uniform, RecipeValueKind.Integer) => Report(parameter, "Found uniform; the key takes whole numbers: use int."),
        (SearchWords.Uniform or SearchWords.Log or SearchWords.Int, _) => Report(parameter, $"Found {parameter.Kind}; the key takes "
            + (key.Allowed is { } words ? $"one of {string.Join(", ", words)}: use choice." : "a text: use choice.")),
        _ => Report(parameter, $"Found the kind '{parameter.Kind}'; expected one of {string.Join(", ", SearchWords.Kinds)}; "
            + $"the nearest is '{NearestName.Of(parameter.Kind, SearchWords.Kinds)}'."),
    };

    private bool CheckNumbers(SearchParameterRecipe parameter, RecipeKey<Recipe> key)
    {
        var (kind, low, high, step) = (parameter.Kind, parameter.Low, parameter.High, parameter.Step);
        if (step != 0 && kind is SearchWords.Log or SearchWords.Choice || step != 0 && parameter.Logarithmic)
            return Report(parameter, $"Found step {RecipeText.Of(step)}; steps go with uniform, and with int on a scale that is not logarithmic.");
        if (parameter.Logarithmic && kind != SearchWords.Int)
            return Report(parameter, $"Found log: true beside {kind}; it goes with int. For other numbers use log: [low, high].");
        if (kind == SearchWords.Choice) return true;

        var ends = $"{RecipeText.Of(low)} to {RecipeText.Of(high)}";
        if (!double.IsFinite(low) || !double.IsFinite(high)) return Report(parameter, $"Found {ends}; expected two finite numbers.");
        if (low > high) return Report(parameter, $"Found {ends}; the lower end comes first and is at most the upper.");
        if (low <= 0 && (kind == SearchWords.Log || parameter.Logarithmic))
            return Report(parameter, $"Found {ends}; on a logarithmic scale the lower end is above 0.");
        if (kind == SearchWords.Int && (!double.IsInteger(low) || !double.IsInteger(high)))
            return Report(parameter, $"Found {ends}; expected whole numbers{(key.Kind == RecipeValueKind.Number ? ", or use uniform" : "")}.");
        if (step == 0) return true;
        var found = $"Found step {RecipeText.Of(step)}; expected";
        if (!(step > 0 && double.IsFinite(step))) return Report(parameter, $"{found} a number above 0, or none.");
        if (kind == SearchWords.Int && !double.IsInteger(step)) return Report(parameter, $"{found} a whole number.");
        return low == high || IsWhole((high - low) / step) || Report(parameter, $"{found} that a whole number of steps leads from {ends}.");
    }

    private bool CheckChoice(SearchParameterRecipe parameter)
    {
        if (parameter.Kind != SearchWords.Choice) return true;
        if (parameter.Values.Count == 0) return Report(parameter, "Found no values; a choice has at least one.");
        var repeated = parameter.Values.GroupBy(SearchValues.Canonical).Where(group => group.Count() > 1)
            .Select(group => $"'{group.First()}'").ToList();
        return repeated.Count == 0 || Report(parameter, $"Each value may be listed once; found more than once: {string.Join(", ", repeated)}.");
    }

    private void TryValues(SearchParameterRecipe parameter, RecipeKey<Recipe> key)
    {
        foreach (var text in SearchValues.Tried(parameter))
        {
            if (key.Read(text) is not { } value) Report(parameter, $"Found {text}; expected {key.Expectation}.");
            else foreach (var problem in _tried.ProblemsOf(parameter, key, value))
                Report(parameter, $"With {text}: {(problem.Path == parameter.Path ? problem.Message : problem.ToString())}");
        }
    }

    private bool Report(SearchParameterRecipe parameter, string message)
    {
        _problems.Add(new(SearchSchema.PathOf(parameter), message));
        return false;
    }

    // Decimal fractions are not exact in binary: 0.5 is five steps of 0.1 to within rounding.
    private static bool IsWhole(double steps) => Math.Abs(steps - Math.Round(steps)) <= 1e-9 * Math.Max(1, Math.Abs(steps));
}
