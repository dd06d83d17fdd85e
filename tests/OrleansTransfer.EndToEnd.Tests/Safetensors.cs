using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Weight files made by the format's definition alone, without the code under test.</summary>
internal static class Safetensors
{
    /// <summary>A file of one F32 vector.</summary>
    public static byte[] Write(string name, params ReadOnlySpan<float> values)
    {
        var size = values.Length * sizeof(float);
        var header = Encoding.UTF8.GetBytes($$$"""{"{{{name}}}":{"dtype":"F32","shape":[{{{values.Length}}}],"data_offsets":[0,{{{size}}}]}}""");
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. MemoryMarshal.AsBytes(values)];
    }
}
