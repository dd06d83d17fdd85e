using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Gateway;
using OrleansTransfer.Gateway.Access;
using OrleansTransfer.Host.Health;
using OrleansTransfer.Host.Logs;
using OrleansTransfer.Host.Membership;
using OrleansTransfer.Host.Metrics;
using OrleansTransfer.Host.Security;
using OrleansTransfer.Host.Traces;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host;

/// <summary>Puts a node together: silo or client, HTTP API, health and metrics in one process.</summary>
internal static class NodeComposition
{
    /// <summary>Orleans' name of the service; also a part of the membership's key in Redis.</summary>
    public const string ServiceName = "orleanstransfer";

    /// <summary>Time a node may take to leave the cluster in order.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_clientRetry = TimeSpan.FromMilliseconds(500);

    /// <summary>Builds the node; nothing runs yet.</summary>
    public static WebApplication Build(
        NodeOptions options, NodePlan plan, NodePorts ports, NodeIdentity identity, IBlobContainer container, ClusterEntry entry)
    {
        // Empty: files and variables in the user's surroundings that configure some other program must not configure a node.
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "otx-node", EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.Security.Limits.BodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.Security.Limits.HeaderBytes;
            kestrel.Limits.MaxConcurrentConnections = options.Security.Limits.Connections;
            foreach (var address in ports.HttpAddresses) kestrel.Listen(address, ports.Http, listener => plan.Https?.Protect(listener));
        });
        NodeLogging.Configure(builder.Logging, options);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        // Signals are the business of whoever owns the process; an embedded node must not take Ctrl-C away from its command.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, SilentLifetime>());
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IBlobContainer>(new WatchedContainer(container));
        var weights = options.Weights ?? WeightsFromEnvironment();
        weights = weights with { Addresses = NodeReach.AddressesFor(options.Security, ports.Reached) };
        builder.Services.AddSingleton(NodeReach.RootsFor(options.Security, ports.Reached));
        builder.Services.AddWeightCache(weights);
        if (MegabytesOf(Environment.GetEnvironmentVariable(FeatureOptions.Variable)) is { } megabytes)
            builder.Services.Configure<FeatureOptions>(features => features.Megabytes = megabytes);
        if (options.Downloads is { } downloads) builder.Services.AddSingleton(downloads);
        builder.Services.AddSingleton<NodeFault>();
        builder.Services.AddNodeMetrics(identity.Name);
        AddAccess(builder.Services, options, ports, identity.Name);
        if (plan.Https is { } https) builder.Services.AddSingleton<IWatchedFiles>(https.Files);
        builder.Services.AddNodeTraces(options);
        DiskInstruments.Watch("cache", identity.CacheFolder);
        DiskInstruments.Watch("weights", weights.Folder);
        if (StateLocation.LocalFolder(options.StateLocation) is { } state) DiskInstruments.Watch("state", state);
        if (options.Role == NodeRole.Gateway) AddClient(builder, options, identity, entry, plan.Certificates);
        else AddSilo(builder, options, ports, identity, entry, plan.Certificates);

        var app = builder.Build();
        app.UseApiAccess();
        app.MapHealth();
        app.MapNodeMetrics();
        if (options.Role != NodeRole.Worker) app.MapOrleansTransferApi();
        return app;
    }

    private static void AddAccess(IServiceCollection services, NodeOptions options, NodePorts ports, string node)
    {
        try
        {
            services.AddApiAccess(NodeAccess.OptionsOf(options.Security, ports.Reached, node), TimeProvider.System);
            services.AddHostedService<FileWatch>();
        }
        catch (FormatException e)
        {
            throw new NodeStartException(e.Message, e);
        }
    }

    private static void AddClient(
        WebApplicationBuilder builder, NodeOptions options, NodeIdentity identity, ClusterEntry entry, NodeCertificates? certificates)
    {
        builder.Services.AddSingleton<Readiness, ClientReadiness>();
        builder.UseOrleansClient(client =>
        {
            entry.Configure(client);
            client.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (ServiceName, options.ClusterId));
            // Nodes may start after their gateways; how long to wait is for the start's deadline to say.
            client.UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(s_clientRetry, cancellationToken);
                return true;
            });
            client.AddOrleansTransferClient(identity);
            if (certificates is not null) client.UseNodeTls(certificates);
        });
    }

    private static void AddSilo(
        WebApplicationBuilder builder, NodeOptions options, NodePorts ports, NodeIdentity identity, ClusterEntry entry,
        NodeCertificates? certificates)
    {
        builder.Services.AddSingleton<IFatalErrorHandler, FatalErrors>();
        builder.Services.AddSingleton<Readiness, SiloReadiness>();
        if (entry.FirstNode is { } firstNode)
            builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<FirstNodeWatch>(services, firstNode));
        if (entry.Redis is { } redis)
            builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<RedisWatch>(services, redis, options.ClusterId));
        builder.UseOrleans(silo =>
        {
            ConfigureSilo(silo, ports, identity, entry, options.ClusterId);
            if (certificates is not null) silo.UseNodeTls(certificates);
        });

        // A cluster that lives as long as one command leaves alone what another command left behind.
        if (!options.EphemeralPorts) builder.Services.AddHostedService<SweepWatch>();
    }

    private static WeightCacheOptions WeightsFromEnvironment()
    {
        try
        {
            return WeightCacheOptions.FromEnvironment(Environment.GetEnvironmentVariable);
        }
        catch (LearningException e)
        {
            throw new NodeStartException(e.Message, e);
        }
    }

    private static long? MegabytesOf(string? text)
    {
        if (text is not { Length: > 0 }) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes)) return megabytes;
        throw new NodeStartException($"{FeatureOptions.Variable} is '{text}'; expected a number of megabytes, 0 to keep no features.");
    }

    private static void ConfigureSilo(ISiloBuilder silo, NodePorts ports, NodeIdentity identity, ClusterEntry entry, string clusterId)
    {
        entry.Configure(silo, new(ports.Address, ports.Silo));
        silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (ServiceName, clusterId));
        silo.Configure<SiloOptions>(options => options.SiloName = identity.Name);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = ports.Address;
            endpoints.SiloPort = ports.Silo;
            endpoints.GatewayPort = ports.Gateway;
            endpoints.SiloListeningEndpoint = new(ports.Listen, ports.Silo);
            endpoints.GatewayListeningEndpoint = new(ports.Listen, ports.Gateway);
        });
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, NameClaim>();
        silo.AddOrleansTransferCluster(identity);
    }

    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
