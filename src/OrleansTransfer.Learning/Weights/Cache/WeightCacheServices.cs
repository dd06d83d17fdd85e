using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>Registers the weight cache.</summary>
public static class WeightCacheServices
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Adds a <see cref="WeightCache"/> over the public catalogue, and the HTTP client that it fetches with: through the proxy that
    /// <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and <c>NO_PROXY</c> name. A <see cref="WeightCatalogue"/> or <see cref="TimeProvider"/> that is
    /// registered already is used.
    /// </summary>
    public static IServiceCollection AddWeightCache(this IServiceCollection services, WeightCacheOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(WeightCatalogue.Public);
        services.TryAddSingleton(options);
        services.TryAddSingleton<WeightCache>();
        var addresses = options.Mirror?.Host is { } mirror
            ? options.Addresses with { Trusted = [.. options.Addresses.Trusted, mirror] }
            : options.Addresses;
        services.AddHttpClient(WeightCache.ClientName)
            .ConfigureHttpClient(client =>
            {
                // A file of half a gigabyte takes its time; what must not take long is each piece of it.
                client.Timeout = Timeout.InfiniteTimeSpan;
                client.DefaultRequestHeaders.UserAgent.ParseAdd($"otx/{typeof(WeightCache).Assembly.GetName().Version?.ToString(3)}");
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = s_connectTimeout,
                ConnectCallback = addresses.ConnectAsync,
            })
            .AddHttpMessageHandler(() => new WeightAddressGuard(addresses))
            .RemoveAllLoggers();
        return services;
    }
}
