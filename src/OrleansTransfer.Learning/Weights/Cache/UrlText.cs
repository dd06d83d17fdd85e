namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>Addresses as they may be shown and stored.</summary>
internal static class UrlText
{
    /// <summary>The address without user, password and query, which may be secrets.</summary>
    public static string Shown(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
