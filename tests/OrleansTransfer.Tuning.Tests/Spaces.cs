using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Tests;

/// <summary>Spaces of every shape, by name.</summary>
internal static class Spaces
{
    public static IReadOnlyDictionary<string, SearchSpace> All { get; } = new Dictionary<string, SearchSpace>
    {
        ["one number"] = new(new UniformParameter("x", -1, 1)),
        ["numbers"] = new(new UniformParameter("x", -5, 10), new LogParameter("rate", 1e-5, 1), new IntParameter("width", 1, 512, Log: true)),
        ["steps"] = new(new UniformParameter("dropout", 0, 0.5, 0.1), new IntParameter("depth", 0, 12, 3)),
        ["choices"] = new(
            new ChoiceParameter("network", ["a", "b", "c"]), new ChoiceParameter("flip", [true, false]), new ChoiceParameter("batch", [8, 16, 32])),
        ["everything"] = new(
            new LogParameter("rate", 1e-5, 1e-1),
            new ChoiceParameter("optimizer", ["adamw", "sgd", "none"]),
            new UniformParameter("momentum", 0, 0.99) { When = new("optimizer", ["sgd"]) },
            new ChoiceParameter("decayed", [true, false]) { When = new("optimizer", ["sgd", "adamw"]) },
            new LogParameter("decay", 1e-6, 1e-1) { When = new("decayed", [true]) },
            new IntParameter("stages", 0, 4),
            new UniformParameter("dropout", 0, 0.8, 0.2)),
        ["one value"] = new(
            new IntParameter("n", 3, 3), new UniformParameter("x", 0.5, 0.5), new LogParameter("l", 1, 1), new ChoiceParameter("c", ["only"])),
        ["one value beside others"] = new(new UniformParameter("x", 0.5, 0.5), new UniformParameter("y", 0, 1)),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    /// <summary>A smooth loss of any configuration.</summary>
    public static double Loss(SearchSpace space, Configuration configuration)
    {
        var loss = 0.0;
        foreach (var x in space.ToUnit(configuration)) loss += double.IsNaN(x) ? 0.1 : (x - 0.3) * (x - 0.3);
        return loss;
    }
}
