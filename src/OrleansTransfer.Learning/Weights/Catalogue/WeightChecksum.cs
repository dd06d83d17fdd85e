using System.Text.RegularExpressions;

namespace OrleansTransfer.Learning.Weights.Catalogue;

/// <summary>What a publisher says about the bytes of a file.</summary>
public enum ChecksumKind
{
    /// <summary>Nothing. A server may still name a SHA-256 when the file is fetched.</summary>
    None,

    /// <summary>MD5 of the file: tells a damaged file, not a forged one.</summary>
    Md5,

    /// <summary>The first digits of the SHA-256, as PyTorch puts them into file names.</summary>
    Sha256Prefix,

    /// <summary>SHA-256 of the file.</summary>
    Sha256,
}

/// <summary>A published checksum.</summary>
/// <param name="Kind">Of what kind it is.</param>
/// <param name="Digits">Lower-case hexadecimal digits; empty where nothing is published.</param>
public sealed partial record WeightChecksum(ChecksumKind Kind, string Digits)
{
    /// <summary>Nothing is published.</summary>
    public static WeightChecksum None { get; } = new(ChecksumKind.None, "");

    /// <summary>An MD5 of 32 digits.</summary>
    public static WeightChecksum Md5(string digits) => new(ChecksumKind.Md5, digits);

    /// <summary>A SHA-256, whole when it has 64 digits, else its beginning of at least 8.</summary>
    /// <exception cref="LearningException">The text is neither.</exception>
    public static WeightChecksum Sha256(string digits) => Hexadecimal().IsMatch(digits)
        ? new(digits.Length == 64 ? ChecksumKind.Sha256 : ChecksumKind.Sha256Prefix, digits.ToLowerInvariant())
        : throw new LearningException($"'{digits}' is no SHA-256; expected its 64 hexadecimal digits, or at least the first 8 of them.");

    /// <summary>
    /// Says how a file with these hashes differs from the published one, as a clause; null when it does not, or nothing is published.
    /// </summary>
    /// <param name="sha256">SHA-256 of the file, 64 lower-case digits.</param>
    /// <param name="md5">MD5 of the file, 32 lower-case digits; used only where an MD5 is published.</param>
    public string? Contradiction(string sha256, string md5) => Kind switch
    {
        ChecksumKind.None => null,
        ChecksumKind.Md5 => md5 == Digits ? null : $"its MD5 is {md5}, and should be {Digits}",
        ChecksumKind.Sha256 => sha256 == Digits ? null : $"its SHA-256 is {sha256}, and should be {Digits}",
        _ => sha256.StartsWith(Digits, StringComparison.Ordinal) ? null : $"its SHA-256 is {sha256}, and should begin with {Digits}",
    };

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ChecksumKind.None => "no checksum",
        ChecksumKind.Md5 => $"MD5 {Digits}",
        ChecksumKind.Sha256Prefix => $"SHA-256 {Digits}...",
        _ => $"SHA-256 {Digits}",
    };

    [GeneratedRegex(@"\A[0-9a-fA-F]{8,64}\z")]
    private static partial Regex Hexadecimal();
}
