using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Learning.Tests.Weights.Cache;

/// <summary>A weight cache in a folder of its own, with a catalogue of one entry, and impatient.</summary>
internal sealed class TestCache : IDisposable
{
    /// <summary>The one name of the catalogue.</summary>
    public const string Name = "squeezenet1_1/test";

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services;

    public TestCache(
        string server, WeightChecksum? checksum = null, Func<WeightCacheOptions, WeightCacheOptions>? change = null, TimeProvider? time = null,
        string? folder = null)
    {
        Entry = new(
            WeightName.TryParse(Name)!, new($"{server}/models/squeeze.safetensors"), checksum ?? WeightChecksum.None, WeightFormat.Safetensors,
            "nothing", "MIT", 12.5, Preprocessing.ImageNet);
        var options = new WeightCacheOptions
        {
            Folder = folder ?? _folder.Path,
            Download = new() { StallTimeout = TimeSpan.FromSeconds(20), FirstPause = TimeSpan.FromMilliseconds(1), Failures = 3 },
        };
        var services = new ServiceCollection().AddSingleton(new WeightCatalogue([Entry])).AddSingleton(time ?? TimeProvider.System);
        _services = services.AddWeightCache(change?.Invoke(options) ?? options).BuildServiceProvider();
        Cache = _services.GetRequiredService<WeightCache>();
    }

    public WeightEntry Entry { get; }

    public WeightCache Cache { get; }

    /// <summary>Where the entry's file is once it is there.</summary>
    public string Path => System.IO.Path.Combine(Cache.Folder, "weights", "squeezenet1_1", "test.safetensors");

    public string Partial => Path + ".partial";

    /// <summary>Bytes that look like nothing in particular.</summary>
    public static byte[] Bytes(int count = 300_000, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public Task<CachedWeights> GetAsync(IProgress<WeightProgress>? progress = null, CancellationToken? cancellationToken = null) =>
        Cache.GetAsync(Name, null, progress, cancellationToken ?? TestContext.Current.CancellationToken);

    public void Dispose()
    {
        _services.Dispose();
        _folder.Dispose();
    }
}
