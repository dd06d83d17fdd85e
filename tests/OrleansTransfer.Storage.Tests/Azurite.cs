using OrleansTransfer.Servers;

namespace OrleansTransfer.Storage.Tests;

[CollectionDefinition(Name)]
public sealed class AzuriteCollection : ICollectionFixture<Azurite>
{
    public const string Name = "Azurite";
}

/// <summary>A real blob service, started once for all tests that need it.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private AzuriteServer? _server;

    /// <summary>A container of its own for one test. Skips the test where the service is not installed.</summary>
    public AzureBlobContainer NewContainer()
    {
        Assert.SkipWhen(AzuriteServer.Missing is not null, AzuriteServer.Missing ?? "");
        return AzureBlobContainer.Create(ConnectionString, $"test-{Guid.NewGuid():N}");
    }

    /// <summary>The development account, whose key is public.</summary>
    public string ConnectionString => _server!.ConnectionString;

    public async ValueTask InitializeAsync()
    {
        if (AzuriteServer.Missing is null) _server = await AzuriteServer.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
