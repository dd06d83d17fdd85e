using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Storage;

namespace OrleansTransfer.Storage.Tests;

public sealed class FolderGrainStorageTests : BlobGrainStorageConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FolderGrainStorageTests() => Container = new FolderBlobContainer(_folder.Path);

    protected override IBlobContainer Container { get; }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("blobs")]
    [InlineData("Default")]
    public void A_silo_resolves_it_by_name(string name)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSingleton(Container);
        builder.UseOrleans(silo => silo.AddBlobGrainStorage(name));
        using var host = builder.Build();
        Assert.IsType<BlobGrainStorage>(host.Services.GetRequiredKeyedService<IGrainStorage>(name));
    }
}

[Collection(AzuriteCollection.Name)]
public sealed class AzureGrainStorageTests(Azurite azurite) : BlobGrainStorageConformance
{
    protected override IBlobContainer Container { get; } = azurite.NewContainer();
}
