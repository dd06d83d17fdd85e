using OrleansTransfer.Tuning.Sampling;

namespace OrleansTransfer.Tuning.Registration;

/// <summary>The samplers by name.</summary>
public static class Samplers
{
    /// <summary>All that come with the library.</summary>
    public static Catalogue<ISampler> BuiltIn { get; } = new("sampler",
    [
        new("random", "uniform, whatever the history", _ => () => new RandomSampler()),
    ]);

    /// <inheritdoc cref="Catalogue{T}.Names"/>
    public static IReadOnlyList<string> Names => BuiltIn.Names;

    /// <inheritdoc cref="Catalogue{T}.Create"/>
    public static ISampler Create(string name, IReadOnlyDictionary<string, double>? options = null) => BuiltIn.Create(name, options);
}
