using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Weight files made by the format's definition alone, without the code under test.</summary>
internal static class Safetensors
{
    /// <summary>A file of one F32 vector.</summary>
    public static byte[] Write(string name, params ReadOnlySpan<float> values) => Write([(name, [values.Length], values.ToArray())]);

    /// <summary>A file of F32 tensors.</summary>
    public static byte[] Write(IReadOnlyList<(string Name, int[] Shape, float[] Values)> tensors)
    {
        Dictionary<string, object> entries = [];
        var end = 0;
        foreach (var (name, shape, values) in tensors)
        {
            var start = end;
            end += values.Length * sizeof(float);
            entries.Add(name, new Dictionary<string, object> { ["dtype"] = "F32", ["shape"] = shape, ["data_offsets"] = new[] { start, end } });
        }
        var header = JsonSerializer.SerializeToUtf8Bytes(entries);
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. tensors.SelectMany(tensor => MemoryMarshal.AsBytes<float>(tensor.Values).ToArray())];
    }

    /// <summary>The bytes of each tensor of a file.</summary>
    public static Dictionary<string, byte[]> Read(byte[] file)
    {
        var start = sizeof(long) + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var header = JsonDocument.Parse(file.AsMemory(sizeof(long)..start));
        return header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__").ToDictionary(entry => entry.Name, entry =>
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            return file[(start + offsets[0].GetInt32())..(start + offsets[1].GetInt32())];
        });
    }
}
