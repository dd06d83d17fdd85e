using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// A GET that follows redirects itself: model hubs name a file's SHA-256 (X-Linked-ETag) only in the answer that redirects to their storage, and a
/// redirect must not lead from HTTPS to HTTP.
/// </summary>
internal static partial class RedirectedRequest
{
    private const int MostRedirects = 10;

    /// <summary>The answer's head at the end of the redirects, whatever its status, and the SHA-256 that was named on the way.</summary>
    /// <param name="http">A client that does not follow redirects.</param>
    /// <param name="url">Where to begin.</param>
    /// <param name="prepare">Sets the headers of each request.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DownloadFailureException">A redirect that leads nowhere, in circles or out of HTTPS.</exception>
    public static async Task<(HttpResponseMessage Response, string? Sha256)> GetAsync(
        HttpClient http, Uri url, Action<HttpRequestHeaders> prepare, CancellationToken cancellationToken)
    {
        string? sha256 = null;
        var at = url;
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at);

            // Whoever is redirected to has no business with the credentials of the first host.
            if (url.UserInfo.Length > 0 && at.Host == url.Host)
                request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo))));
            prepare(request.Headers);
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            sha256 ??= LinkedSha256(response);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)) return (response, sha256);

            using (response)
            {
                var next = response.Headers.Location is { } location ? new Uri(at, location) : null;
                if (next is null || next.Scheme is not ("http" or "https"))
                    throw Refused($"{UrlText.Shown(at)} redirects to nowhere");
                if (at.Scheme == "https" && next.Scheme == "http")
                    throw Refused($"{UrlText.Shown(at)} redirects from HTTPS to HTTP ({UrlText.Shown(next)})");
                if (redirects == MostRedirects) throw Refused($"it redirects more than {MostRedirects} times");
                at = next;
            }
        }
    }

    private static DownloadFailureException Refused(string reason) => new(reason, passing: false);

    private static string? LinkedSha256(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Linked-ETag", out var values) && Sha256().Match(values.First()) is { Success: true } match
            ? match.Groups[1].Value.ToLowerInvariant()
            : null;

    [GeneratedRegex("^(?:W/)?\"?([0-9a-fA-F]{64})\"?$")]
    private static partial Regex Sha256();
}
