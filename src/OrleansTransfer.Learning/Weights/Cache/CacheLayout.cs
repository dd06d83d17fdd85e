using System.Security.Cryptography;
using System.Text;
using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// Where things are in the cache's folder: <c>weights/backbone/tag.ending</c> for what has a name, <c>weights/url/digits-file</c> for what has an
/// address only; a record <c>tag.json</c> beside it; and while it comes, <c>.partial</c> and <c>.lock</c> files.
/// </summary>
internal sealed class CacheLayout(string folder)
{
    public const string UrlFolder = "url", RecordEnding = ".json";

    /// <summary>Folder of all weights.</summary>
    public string Weights { get; } = Path.Combine(folder, "weights");

    /// <summary>The path of a name without its ending.</summary>
    public string Stem(WeightName name) => Path.Combine(Weights, name.Backbone, name.Tag);

    /// <summary>The path of an address without its ending: distinct for distinct addresses, and with the file's name for people.</summary>
    public string Stem(Uri url)
    {
        var digits = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.AbsoluteUri)))[..16];
        return Path.Combine(Weights, UrlFolder, $"{digits}-{Path.GetFileNameWithoutExtension(Plain(url))}");
    }

    /// <summary>The ending of an address's file, with the dot; empty when there is none.</summary>
    public static string Ending(Uri url) => Path.GetExtension(Plain(url));

    // The address is not ours: what becomes part of a path has letters, digits and a few signs only.
    private static string Plain(Uri url)
    {
        var last = Uri.UnescapeDataString(url.Segments[^1]);
        var plain = new string([.. last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')]);
        return plain.Trim('.') is { Length: > 0 } name ? name[..Math.Min(name.Length, 100)] : "weights";
    }
}
