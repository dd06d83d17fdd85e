using System.Security.Cryptography;
using OrleansTransfer.Learning.Weights.Keras;
using OrleansTransfer.Learning.Weights.PyTorch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>A weights file as a thing with an identity and a format.</summary>
public static class WeightFile
{
    private const int MagicBytes = 16;

    /// <summary>
    /// Opens a weights file of any format this library reads, told apart by its first bytes, whatever its name: safetensors,
    /// what PyTorch's <c>torch.save</c> writes, and Keras' HDF5.
    /// </summary>
    /// <exception cref="LearningException">The file cannot be opened, or is of no known format.</exception>
    /// <exception cref="WeightsFormatException">It is malformed.</exception>
    public static IWeightsFile Open(string path)
    {
        var magic = ReadMagic(path);
        if (LooksLikeMarkup(magic))
            throw new WeightsFormatException(path, 0, "it is a web page, not weights: the download was answered with an error page");
        if (KerasFile.Recognises(magic)) return KerasFile.Open(path);
        return PyTorchFile.Recognises(magic) ? PyTorchFile.Open(path) : SafetensorsFile.Open(path);
    }

    internal static bool LooksLikeMarkup(ReadOnlySpan<byte> start)
    {
        start = start.TrimStart("\uFEFF \t\r\n"u8);
        return start.Length > 1 && start[0] == '<' && (start[1] is (byte)'!' or (byte)'?' || char.IsAsciiLetter((char)start[1]));
    }

    private static byte[] ReadMagic(string path)
    {
        using var file = new PositionalFile(path);
        var start = new byte[Math.Min(MagicBytes, file.Length)];
        file.ReadExactly(start, 0);
        return start;
    }

    /// <summary>SHA-256 of the file's bytes, as 64 lower-case hexadecimal digits.</summary>
    /// <exception cref="LearningException">The file cannot be read.</exception>
    public static string Sha256(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20,
                FileOptions.SequentialScan);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The weights file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
