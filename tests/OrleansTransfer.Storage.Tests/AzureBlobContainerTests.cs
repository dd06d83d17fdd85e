namespace OrleansTransfer.Storage.Tests;

[Collection(AzuriteCollection.Name)]
public sealed class AzureBlobContainerTests(Azurite azurite) : BlobContainerConformance
{
    protected override IBlobContainer Container { get; } = azurite.NewContainer();

    protected override bool CanNestUnderBlobs => true;

    [Fact]
    public async Task A_location_opens_it()
    {
        var container = BlobContainers.Open($"azure:container=by-location;{azurite.ConnectionString}");
        Assert.EndsWith("/devstoreaccount1/by-location", container.Description, StringComparison.Ordinal);
        await container.WriteAsync("a", new MemoryStream([1]), BlobCondition.IfNew, Cancellation);
        Assert.NotNull(await container.ReadAsync("a", Cancellation));
    }

    [Fact]
    public async Task A_refusal_names_the_container_and_the_cause()
    {
        var wrongKey = azurite.ConnectionString.Replace("Eby8", "AAAA", StringComparison.Ordinal);
        var container = AzureBlobContainer.Create(wrongKey, "secret");
        var error = await Assert.ThrowsAsync<IOException>(() => container.ReadAsync("a", Cancellation));
        Assert.Matches("^The blob container 'http.*/secret' answered 403 ", error.Message);
    }
}
