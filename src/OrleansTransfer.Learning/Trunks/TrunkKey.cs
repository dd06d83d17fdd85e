using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>
/// What features are made of: network and weights up to the head, preprocessing, and the bytes of the samples in their order. Names, places and times
/// play no part: whatever has the same key has the same features.
/// </summary>
public static class TrunkKey
{
    // Rises when the same weights and pictures would give other features.
    private const int Version = 1;

    /// <summary>SHA-256 in lower-case hex.</summary>
    /// <param name="model">The network; what belongs to its head plays no part.</param>
    /// <param name="preprocessing">What pictures go through.</param>
    /// <param name="root">Folder that the samples' paths are relative to.</param>
    /// <param name="samples">The samples, in order.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="LearningException">A sample cannot be read; names it.</exception>
    public static string Of(
        Classifier model, Preprocessing preprocessing, string root, IReadOnlyList<ImageSample> samples, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, $"{Version} {model.Architecture} {preprocessing} {samples.Count}");
        foreach (var (key, tensor) in model.state_dict().Where(entry => !model.IsHead(entry.Key)).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            Add(hash, $"{key} {string.Join(',', tensor.shape)}");
            using var values = tensor.detach().cpu().contiguous();
            TensorMemory.Visit(values, (chunk, _) => hash.AppendData(chunk));
        }
        Add(hash, root, samples, cancellationToken);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, string root, IReadOnlyList<ImageSample> samples, CancellationToken cancellationToken)
    {
        Span<byte> length = stackalloc byte[8];
        string? collection = null;
        foreach (var sample in samples)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var path = Path.Combine(root, sample.Path);
                if (IdxPictures.Split(path) is var (file, index))
                {
                    // Many pictures in one file: its bytes count once.
                    if (file != collection) hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
                    collection = file;
                    BinaryPrimitives.WriteInt64LittleEndian(length, index);
                    hash.AppendData(length);
                    continue;
                }
                var bytes = File.ReadAllBytes(path);
                BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
                hash.AppendData(length);
                hash.AppendData(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new LearningException($"The picture '{sample.Path}' cannot be used: it cannot be read ({e.Message.TrimEnd('.')}).", e);
            }
        }
    }

    private static void Add(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
}
