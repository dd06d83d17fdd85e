namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>Looks at the address of each request, redirected ones among them, before a connection or a proxy is asked for it.</summary>
internal sealed class WeightAddressGuard(WeightAddresses addresses) : DelegatingHandler
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        addresses.Check(request.RequestUri!);
        return base.SendAsync(request, cancellationToken);
    }
}
