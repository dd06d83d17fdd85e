using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Cli.Weights;

/// <summary>The weight cache of a command that needs no cluster.</summary>
internal sealed class LocalWeights : IDisposable
{
    private readonly ServiceProvider _services;

    private LocalWeights(ServiceProvider services) => _services = services;

    /// <summary>The cache.</summary>
    public WeightCache Cache => _services.GetRequiredService<WeightCache>();

    /// <summary>Options from <c>OTX_CACHE</c>, <c>OTX_OFFLINE</c> and <c>OTX_WEIGHTS_MIRROR</c>.</summary>
    public static WeightCacheOptions FromEnvironment() => WeightCacheOptions.FromEnvironment(Environment.GetEnvironmentVariable);

    /// <summary>Opens the cache.</summary>
    public static LocalWeights Open(WeightCacheOptions options) => new(new ServiceCollection().AddWeightCache(options).BuildServiceProvider());

    /// <summary>The local file of <c>imagenet</c>, a name, an address or a path, fetched if need be.</summary>
    public async Task<string> FileOfAsync(string backbone, string weights, IProgress<WeightProgress> progress, CancellationToken cancellationToken)
    {
        if (weights == WeightCatalogue.DefaultWord) weights = $"{Cache.Catalogue.Default(backbone).Name}";
        if (!RecipePaths.IsWeightsName(weights) && !RecipePaths.IsUrl(weights)) return weights;
        return (await Cache.GetAsync(weights, null, progress, cancellationToken)).Path;
    }

    /// <inheritdoc/>
    public void Dispose() => _services.Dispose();
}
