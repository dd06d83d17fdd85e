using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using OrleansTransfer.Cluster.Exchange;
using OrleansTransfer.Cluster.Exchange.Lanes;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Cluster.Membership;
using OrleansTransfer.Cluster.Scheduling;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Hosting;

/// <summary>Registers what a silo of this project consists of.</summary>
public static class ClusterServices
{
    /// <summary>
    /// Adds grains' services, placement, grain state over the blob container, and the services that run on every node. An <see
    /// cref="IBlobContainer"/> and a <see cref="WeightCache"/> must be registered.
    /// </summary>
    public static ISiloBuilder AddOrleansTransferCluster(this ISiloBuilder builder, NodeIdentity identity)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(identity);
        services.AddOptions<ExchangeOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ExchangeOptions>, ExchangeOptionsValidator>());
        services.AddOptions<GroupOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GroupOptions>, GroupOptionsValidator>());
        services.AddOptions<FeatureOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FeatureOptions>, FeatureOptionsValidator>());
        services.TryAddSingleton<GroupRegistry>();
        services.TryAddSingleton<LaneOpener>();
        services.TryAddSingleton<GroupJoiner>();
        builder.UseLanes();
        services.TryAddSingleton<DeviceTable>();
        services.TryAddSingleton<ISiloRegister, MembershipRegister>();
        services.AddUserServices();
        services.TryAddSingleton<WorkerRunFactory>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerRunFactory>());
        services.TryAddSingleton<NodeOfferService>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeOfferService>());
        services.AddHostedService<OrphanRescue>();
        services.AddHostedService<LossWatch>();
        services.AddPlacementDirector<NodePinnedPlacement, NodePinnedDirector>();
        return builder.AddBlobGrainStorage(ClusterStorage.Name);
    }

    /// <summary>
    /// Adds what users reach a cluster by, to a process that is a client of one. An <see cref="IBlobContainer"/> and a <see cref="WeightCache"/> must
    /// be registered.
    /// </summary>
    public static IClientBuilder AddOrleansTransferClient(this IClientBuilder builder, NodeIdentity identity)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(identity);
        services.TryAddSingleton<RemoteRegister>();
        services.TryAddSingleton<ISiloRegister>(provider => provider.GetRequiredService<RemoteRegister>());
        services.AddHostedService(provider => provider.GetRequiredService<RemoteRegister>());
        services.AddUserServices();
        return builder;
    }

    private static void AddUserServices(this IServiceCollection services)
    {
        services.TryAddSingleton(provider =>
        {
            var silos = provider.GetRequiredService<ISiloRegister>();
            return new ExperimentCatalog(
                provider.GetRequiredService<IBlobContainer>(),
                provider.GetRequiredService<TimeProvider>(),
                owner => silos.Contains(owner.Silo));
        });
        services.TryAddSingleton<IProgress<WeightProgress>, LoggedDownloads>();
        services.TryAddSingleton(DataRoots.Unconfined);
        services.TryAddSingleton<IExperimentService, ExperimentService>();
        services.TryAddSingleton<ISweepService, SweepService>();
    }
}
