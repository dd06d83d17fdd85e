using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTransfer.Tuning.Registration;

namespace OrleansTransfer.Tuning;

/// <summary>Registers the tuning library.</summary>
public static class TuningServiceCollectionExtensions
{
    /// <summary>
    /// Adds the catalogues of samplers (<see cref="Catalogue{T}"/> of <see cref="Sampling.ISampler"/>) and of stopping rules (of
    /// <see cref="Stopping.IStoppingRule"/>), unless there are others already.
    /// </summary>
    public static IServiceCollection AddTuning(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(Samplers.BuiltIn);
        services.TryAddSingleton(StoppingRules.BuiltIn);
        return services;
    }
}
