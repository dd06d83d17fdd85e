using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>Turns mutual TLS on.</summary>
public static class TlsRegistration
{
    /// <summary>
    /// Encrypts and authenticates every connection of a silo: to and from other silos, lanes of gradients among them, and from Orleans clients.
    /// </summary>
    public static ISiloBuilder UseNodeTls(this ISiloBuilder builder, NodeCertificates certificates)
    {
        Register(builder.Services, certificates);
        builder.Services.AddSingleton<LaneTls>();
        builder.Services.AddOptions<SiloConnectionOptions>().Configure<TlsTroubles>((options, troubles) =>
        {
            var outgoing = new TlsMiddleware(certificates, troubles, outgoing: true);
            var incoming = new TlsMiddleware(certificates, troubles, outgoing: false);
            options.ConfigureSiloOutboundConnection(connection => connection.UseMiddleware(outgoing));
            options.ConfigureSiloInboundConnection(connection => connection.UseMiddleware(incoming));
            options.ConfigureGatewayInboundConnection(connection => connection.UseMiddleware(incoming));
        });
        return builder;
    }

    /// <summary>Lets an Orleans client connect to a cluster that uses mutual TLS.</summary>
    public static IClientBuilder UseNodeTls(this IClientBuilder builder, NodeCertificates certificates)
    {
        Register(builder.Services, certificates);
        builder.Services.AddOptions<ClientConnectionOptions>().Configure<TlsTroubles>((options, troubles) =>
            options.ConfigureConnection(connection => connection.UseMiddleware(new TlsMiddleware(certificates, troubles, outgoing: true))));
        return builder;
    }

    private static void Register(IServiceCollection services, NodeCertificates certificates)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(certificates);
        services.AddSingleton<IWatchedFiles>(certificates.Files);
        services.TryAddSingleton<TlsTroubles>();
    }
}
