using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>
/// Writes safetensors files. The same tensors and metadata give the same bytes: data is ordered by falling element size, which keeps every tensor aligned,
/// and then by name, as the reference implementation does; metadata is ordered by key.
/// </summary>
public static class SafetensorsWriter
{
    private static readonly IReadOnlyDictionary<string, string> s_noMetadata = new Dictionary<string, string>();

    /// <summary>Writes the file <paramref name="path"/>. Until it is complete and on disk, whatever stood under that name stays untouched.</summary>
    /// <exception cref="LearningException">The file cannot be written, or a tensor's type has no name in the format.</exception>
    public static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var full = Path.GetFullPath(path);
        var temporary = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                Write(stream, tensors, metadata);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The weights file '{path}' cannot be written: {e.Message}", e);
        }
        finally
        {
            // Nothing is left there after a successful move; a failed write must not fill the disk.
            if (File.Exists(temporary)) File.Delete(temporary);
        }
    }

    /// <summary>Writes to <paramref name="stream"/>, tensor by tensor; only tensors that are not contiguous on the CPU are copied, one at a time.</summary>
    /// <exception cref="LearningException">A tensor's type has no name in the format.</exception>
    /// <exception cref="ArgumentException">A name occurs twice or is reserved.</exception>
    public static void Write(Stream stream, IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors.OrderByDescending(entry => SizeOf(entry.Name, entry.Tensor)).ThenBy(entry => entry.Name, StringComparer.Ordinal).ToList();
        var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
        foreach (var (name, _) in ordered)
            if (!names.Add(name)) throw new ArgumentException($"The tensor name '{name}' is reserved or occurs twice.", nameof(tensors));

        var header = Header(ordered, metadata ?? s_noMetadata);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var (_, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            var plain = tensor.device_type == DeviceType.CPU && tensor.is_contiguous() ? tensor : tensor.cpu().contiguous();
            TensorMemory.Visit(plain, (chunk, _) => stream.Write(chunk));
        }
    }

    private static int SizeOf(string name, Tensor tensor) => SafetensorsTypes.Name(tensor.dtype) is null
        ? throw new LearningException($"The tensor '{name}' has the type {tensor.dtype}, which a weights file cannot hold; it can hold {SafetensorsTypes.Known}.")
        : SafetensorsTypes.Size(tensor.dtype);

    /// <summary>The JSON text, padded with spaces so that the data begins at a multiple of 8.</summary>
    private static byte[] Header(IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.Name(tensor.dtype));
                WriteNumbers(json, "shape", tensor.shape);
                var end = offset + tensor.numel() * tensor.element_size();
                WriteNumbers(json, "data_offsets", [offset, end]);
                json.WriteEndObject();
                offset = end;
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
