namespace OrleansTransfer.Storage.Tests;

public sealed class BlobContainersTests
{
    [Fact]
    public void A_path_is_a_folder() =>
        Assert.Equal(Path.GetFullPath("some/folder"), Assert.IsType<FolderBlobContainer>(BlobContainers.Open("some/folder/")).Description);

    [Fact]
    public void A_shared_access_url_is_described_without_its_signature()
    {
        var container = BlobContainers.Open("azure:https://account.blob.core.windows.net/runs?sv=2025-11-05&sig=secret");
        Assert.Equal("https://account.blob.core.windows.net/runs", Assert.IsType<AzureBlobContainer>(container).Description);
    }

    [Theory]
    [InlineData("azure:", "names its container")]
    [InlineData("azure:AccountName=a;AccountKey=b", "names its container")]
    [InlineData("azure:container=runs", BlobContainers.ConnectionVariable)]
    [InlineData("azure:container=runs;nonsense", "connection string cannot be read")]
    public void An_unusable_location_is_explained(string location, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => BlobContainers.Open(location)).Message, StringComparison.Ordinal);
}
