using OrleansTransfer.Tuning.Sampling;

namespace OrleansTransfer.Tuning.Registration;

/// <summary>The samplers by name.</summary>
public static class Samplers
{
    /// <summary>All that come with the library.</summary>
    public static Catalogue<ISampler> BuiltIn { get; } = new("sampler",
    [
        new("grid", "every combination; points=5 of parameters without steps", Grid),
        new("random", "uniform, whatever the history", _ => () => new RandomSampler()),
        new("sobol", "a low-discrepancy sequence, whatever the history", Sobol),
        new("tpe", "densities of good and other trials (multivariate TPE)", Tpe),
        new("gp", "a Gaussian process and expected improvement; for up to hundreds of trials", Gp),
        new("cma-es", "a normal distribution that moves towards what was good; choices by their frequency", _ => () => new CmaEsSampler()),
    ]);

    /// <inheritdoc cref="Catalogue{T}.Names"/>
    public static IReadOnlyList<string> Names => BuiltIn.Names;

    /// <inheritdoc cref="Catalogue{T}.Create"/>
    public static ISampler Create(string name, IReadOnlyDictionary<string, double>? options = null) => BuiltIn.Create(name, options);

    private static Func<ISampler> Grid(OptionReader reader)
    {
        var points = reader.Whole("points", 5, 2, 1_000_000);
        return () => new GridSampler(points);
    }

    private static Func<ISampler> Sobol(OptionReader reader)
    {
        var scramble = reader.Flag("scramble", true);
        return () => new SobolSampler(scramble);
    }

    private static Func<ISampler> Tpe(OptionReader reader)
    {
        var options = TpeOptions.Read(reader);
        return () => new TpeSampler(options);
    }

    private static Func<ISampler> Gp(OptionReader reader)
    {
        var options = GpOptions.Read(reader);
        return () => new GpSampler(options);
    }
}
