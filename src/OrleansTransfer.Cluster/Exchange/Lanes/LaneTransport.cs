using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Cluster.Exchange.Lanes;

/// <summary>Lets the ports of a silo take lanes and greetings besides Orleans' own connections.</summary>
internal static class LaneTransport
{
    /// <summary>Puts <see cref="LaneListenerFactory"/> in the place of the listeners that Orleans registered.</summary>
    public static ISiloBuilder UseLanes(this ISiloBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton<LaneAcceptor>();
        services.TryAddSingleton<NodeGreeter>();
        services.TryAddSingleton<LaneListenerFactory>();
        // Orleans' keys are objects of its own; whatever they are, its listeners are found by them.
        var listeners = services.Where(service => service.IsKeyedService && service.ServiceType == typeof(IConnectionListenerFactory)).ToList();
        foreach (var listener in listeners)
        {
            services.Remove(listener);
            services.AddKeyedSingleton<IConnectionListenerFactory>(
                listener.ServiceKey, (provider, _) => provider.GetRequiredService<LaneListenerFactory>());
        }
        return builder;
    }
}
