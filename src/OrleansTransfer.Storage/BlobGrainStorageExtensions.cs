using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;

namespace OrleansTransfer.Storage;

/// <summary>Registers <see cref="BlobGrainStorage"/>.</summary>
public static class BlobGrainStorageExtensions
{
    /// <summary>
    /// Keeps the state of grains that ask for the provider <paramref name="name"/> in the <see cref="IBlobContainer"/> of the services.
    /// </summary>
    public static ISiloBuilder AddBlobGrainStorage(this ISiloBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGrainStorage(name, static (services, _) => new BlobGrainStorage(
            services.GetRequiredService<IBlobContainer>(), services.GetRequiredService<IActivatorProvider>()));
        return builder;
    }
}
