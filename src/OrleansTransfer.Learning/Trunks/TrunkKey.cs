using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Weights;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// What features are made of: network and weights up to the head, preprocessing, and the bytes of the samples in their order. Names, places and times
/// play no part: whatever has the same key has the same features.
/// </summary>
public static class TrunkKey
{
    // Rises when the same weights and pictures would give other features.
    private const int Version = 2;

    /// <summary>The key of pictures: SHA-256 in lower-case hex.</summary>
    /// <param name="model">The network; what belongs to its head plays no part.</param>
    /// <param name="preprocessing">What pictures go through.</param>
    /// <param name="pictures">Digest of the pictures' bytes, in order: <see cref="PictureDigests.Of"/>.</param>
    public static string Of(Classifier model, Preprocessing preprocessing, ReadOnlySpan<byte> pictures)
    {
        using var hash = Begin(model, preprocessing.ToString());
        hash.AppendData(pictures);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The key of texts: SHA-256 in lower-case hex. Their tokens are all that counts.</summary>
    /// <param name="model">The encoder; what belongs to its head plays no part.</param>
    /// <param name="texts">The texts, in order.</param>
    public static string Of(TextEncoder model, TokenizedTexts texts)
    {
        using var hash = Begin(model, $"{model.Configuration} {texts.PaddingToken} {texts.Samples}");
        foreach (var tokens in texts.Tokens)
        {
            hash.AppendData(BitConverter.GetBytes(tokens.Length));
            hash.AppendData(MemoryMarshal.AsBytes(tokens.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IncrementalHash Begin(Classifier model, string inputs)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, $"{Version} {model.Architecture} {inputs}");
        foreach (var (key, tensor) in model.state_dict().Where(entry => !model.IsHead(entry.Key)).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            Add(hash, $"{key} {string.Join(',', tensor.shape)}");
            using var values = tensor.detach().cpu().contiguous();
            TensorMemory.Visit(values, (chunk, _) => hash.AppendData(chunk));
        }
        return hash;
    }

    private static void Add(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
}
