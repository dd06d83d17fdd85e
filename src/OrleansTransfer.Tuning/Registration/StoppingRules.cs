using OrleansTransfer.Tuning.Stopping;

namespace OrleansTransfer.Tuning.Registration;

/// <summary>The stopping rules by name.</summary>
public static class StoppingRules
{
    /// <summary>All that come with the library.</summary>
    public static Catalogue<IStoppingRule> BuiltIn { get; } = new("stopping rule",
    [
        new("none", "every trial runs to its end", _ => () => new NoStopping()),
    ]);

    /// <inheritdoc cref="Catalogue{T}.Names"/>
    public static IReadOnlyList<string> Names => BuiltIn.Names;

    /// <inheritdoc cref="Catalogue{T}.Create"/>
    public static IStoppingRule Create(string name, IReadOnlyDictionary<string, double>? options = null) => BuiltIn.Create(name, options);
}
