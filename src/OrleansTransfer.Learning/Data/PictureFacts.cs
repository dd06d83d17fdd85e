using System.Security.Cryptography;

namespace OrleansTransfer.Learning.Data;

/// <summary>What decoding a file showed.</summary>
/// <param name="Problem">Why the file cannot be used, or null.</param>
/// <param name="Width">Width in pixels; 0 for a file that cannot be used.</param>
/// <param name="Height">Height in pixels; 0 for a file that cannot be used.</param>
/// <param name="Format">Name of the file format, for instance <c>JPEG</c>; empty when it is not known.</param>
/// <param name="Sha256">Hash of the file's bytes, in hexadecimal.</param>
internal sealed record PictureFacts(string? Problem, int Width, int Height, string Format, string Sha256)
{
    public static PictureFacts Of(ImageDecoder decoder, string path)
    {
        var problem = decoder.TryDecode(path, out var picture, out var format);
        var hash = Convert.ToHexStringLower(SHA256.HashData(decoder.FileBytes));
        return problem is null ? new(null, picture.Width, picture.Height, format, hash) : new(problem, 0, 0, format, hash);
    }
}
