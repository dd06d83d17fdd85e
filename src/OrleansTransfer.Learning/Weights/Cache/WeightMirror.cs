namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// A server that has the catalogue's files. Its address replaces scheme, host and port of an entry's URL, whose path and query are appended: with
/// <c>https://mirror.example/ml</c>, <c>https://download.pytorch.org/models/x.pth</c> is fetched from <c>https://mirror.example/ml/models/x.pth</c>.
/// Where the address contains <c>{host}</c>, the publisher's host is put there: <c>https://mirror.example/{host}</c>.
/// </summary>
public sealed class WeightMirror
{
    private const string HostPart = "{host}";

    private readonly string _address;

    private WeightMirror(string address) => _address = address;

    /// <summary>Reads the address of a mirror.</summary>
    /// <exception cref="LearningException">It is not an HTTP address.</exception>
    public static WeightMirror Parse(string address) =>
        Uri.TryCreate(address.Replace(HostPart, "host", StringComparison.Ordinal), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? new(address.TrimEnd('/'))
            : throw new LearningException($"OTX_WEIGHTS_MIRROR is '{address}'; expected an address like https://mirror.example/weights.");

    /// <summary>Its host; null where that depends on the publisher's.</summary>
    public string? Host => _address.Split('/') is [_, _, var authority, ..] && !authority.Contains(HostPart, StringComparison.Ordinal)
        ? new Uri(Of(new("http://host")).GetLeftPart(UriPartial.Authority)).IdnHost
        : null;

    /// <summary>Where the mirror has what is published at <paramref name="url"/>.</summary>
    public Uri Of(Uri url) => new(_address.Replace(HostPart, url.Host, StringComparison.Ordinal) + url.PathAndQuery);
}
