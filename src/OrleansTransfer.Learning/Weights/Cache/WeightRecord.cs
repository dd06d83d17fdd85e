using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>What the cache knows of a file, in a JSON file beside it.</summary>
/// <param name="File">Name of the file in the same folder.</param>
/// <param name="Source">Address or path it came from.</param>
/// <param name="Sha256">SHA-256 of all its bytes when it came.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Checked">What the bytes were held against when they came, in words.</param>
public sealed record WeightRecord(string File, string Source, string Sha256, long Size, string Checked)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    /// <summary>Reads a record; null when there is none that can be read.</summary>
    internal static WeightRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<WeightRecord>(System.IO.File.ReadAllText(path), s_json) is { File: not null, Sha256: not null } record
                ? record : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the record so that nobody ever reads half of it.</summary>
    internal void Write(string path)
    {
        var partial = $"{path}.{Guid.NewGuid():N}";
        System.IO.File.WriteAllText(partial, JsonSerializer.Serialize(this, s_json));
        System.IO.File.Move(partial, path, overwrite: true);
    }
}
