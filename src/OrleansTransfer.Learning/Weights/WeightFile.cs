using System.Security.Cryptography;

namespace OrleansTransfer.Learning.Weights;

/// <summary>A weights file as a thing with an identity.</summary>
public static class WeightFile
{
    /// <summary>SHA-256 of the file's bytes, as 64 lower-case hexadecimal digits.</summary>
    /// <exception cref="LearningException">The file cannot be read.</exception>
    public static string Sha256(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20, FileOptions.SequentialScan);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The weights file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
