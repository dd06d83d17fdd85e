using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace OrleansTransfer.Storage.Tests;

public sealed class AzureSignInTests
{
    private static readonly Uri s_container = new("https://account.blob.core.windows.net/runs");

    [Fact]
    public void A_url_without_a_signature_signs_in() =>
        Assert.Equal(s_container.ToString(), Assert.IsType<AzureBlobContainer>(BlobContainers.Open($"azure:{s_container}")).Description);

    [Fact]
    public void A_token_is_never_sent_in_the_open() =>
        Assert.Throws<ArgumentException>(() => BlobContainers.Open("azure:http://account.blob.core.windows.net/runs"));

    [Fact]
    public async Task Who_cannot_sign_in_is_told_so_in_one_line()
    {
        var container = new AzureBlobContainer(new BlobContainerClient(s_container, new NoIdentity()), createIfMissing: false);

        var error = await Assert.ThrowsAsync<IOException>(() => container.ReadAsync("blob", TestContext.Current.CancellationToken));

        Assert.Equal($"Signing in for the blob container '{s_container}' failed: there is no identity here", error.Message);
    }

    [Fact]
    public async Task A_token_goes_with_every_request()
    {
        var transport = new RecordingTransport();
        var options = new BlobClientOptions { Transport = transport, Retry = { MaxRetries = 0 } };
        var container = new AzureBlobContainer(new BlobContainerClient(s_container, new OneToken("open-sesame"), options), createIfMissing: false);

        await Assert.ThrowsAnyAsync<IOException>(() => container.ReadAsync("blob", TestContext.Current.CancellationToken));

        Assert.Equal("Bearer open-sesame", transport.Authorization);
    }

    private sealed class NoIdentity : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new CredentialUnavailableException("there is no identity here\n- as was found out in many ways");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }

    private sealed class OneToken(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }

    private sealed class RecordingTransport : Azure.Core.Pipeline.HttpPipelineTransport
    {
        private readonly Azure.Core.Pipeline.HttpClientTransport _requests = new(new HttpClient());

        public string? Authorization { get; private set; }

        public override Azure.Core.Request CreateRequest() => _requests.CreateRequest();

        public override void Process(HttpMessage message) => Refuse(message);

        public override ValueTask ProcessAsync(HttpMessage message)
        {
            Refuse(message);
            return ValueTask.CompletedTask;
        }

        private void Refuse(HttpMessage message)
        {
            Authorization = message.Request.Headers.TryGetValue("Authorization", out var value) ? value : null;
            throw new Azure.RequestFailedException("This transport leads nowhere.");
        }
    }
}
