using OrleansTransfer.Tuning.Stopping;

namespace OrleansTransfer.Tuning.Registration;

/// <summary>The stopping rules by name.</summary>
public static class StoppingRules
{
    /// <summary>All that come with the library.</summary>
    public static Catalogue<IStoppingRule> BuiltIn { get; } = new("stopping rule",
    [
        new("none", "every trial runs to its end", _ => () => new NoStopping()),
        new("median", "ends trials worse than the median at the same epoch", Median),
        new("asha", "asynchronous successive halving: ends trials outside the best 1/factor of a rung so far", Asha),
        new("hyperband", "brackets of successive halving: trials wait at rungs for each other", Hyperband),
        new("pbt", "the worst go on from the weights of the best", Pbt),
    ]);

    /// <inheritdoc cref="Catalogue{T}.Names"/>
    public static IReadOnlyList<string> Names => BuiltIn.Names;

    /// <inheritdoc cref="Catalogue{T}.Create"/>
    public static IStoppingRule Create(string name, IReadOnlyDictionary<string, double>? options = null) => BuiltIn.Create(name, options);

    private static Func<IStoppingRule> Median(OptionReader reader)
    {
        var options = MedianOptions.Read(reader);
        return () => new MedianStopping(options);
    }

    private static Func<IStoppingRule> Asha(OptionReader reader)
    {
        var options = AshaOptions.Read(reader);
        return () => new AshaStopping(options);
    }

    private static Func<IStoppingRule> Hyperband(OptionReader reader)
    {
        var options = HyperbandOptions.Read(reader);
        return () => new HyperbandStopping(options);
    }

    private static Func<IStoppingRule> Pbt(OptionReader reader)
    {
        var options = PbtOptions.Read(reader);
        return () => new PopulationBasedTraining(options);
    }
}
