using System.Buffers.Binary;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>
/// Reads tensors from a safetensors file. The header is validated in full when the file is opened; data is read on demand, straight into the tensor's
/// memory. Safe for use by several threads.
/// </summary>
public sealed class SafetensorsFile : IWeightsFile
{
    private readonly PositionalFile _file;
    private readonly Dictionary<string, StoredTensor> _tensors;

    private SafetensorsFile(PositionalFile file, IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        (_file, Metadata) = (file, metadata);
        _tensors = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        Names = [.. tensors.Select(tensor => tensor.Name)];
    }

    /// <summary>The path the file was opened by.</summary>
    public string Path => _file.Path;

    /// <summary>The tensors' keys, in the order of their data.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Free-form strings that the writer left.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens <paramref name="path"/> and validates its header.</summary>
    /// <exception cref="LearningException">The file cannot be opened.</exception>
    /// <exception cref="WeightsFormatException">It is not a well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = new PositionalFile(path);
        try
        {
            var fileBytes = file.Length;
            Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
            if (fileBytes < prefix.Length)
                throw new WeightsFormatException(path, fileBytes, $"the file ends {prefix.Length - fileBytes} bytes early");
            file.ReadExactly(prefix, 0);
            var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerBytes > SafetensorsHeader.MaximumBytes)
                throw new WeightsFormatException(path, 0,
                    $"the header is said to be {headerBytes} bytes long, and at most {SafetensorsHeader.MaximumBytes} are allowed");
            var missing = prefix.Length + (long)headerBytes - fileBytes;
            if (missing > 0)
                throw new WeightsFormatException(path, fileBytes, $"the file ends {missing} bytes early, inside its header of {headerBytes} bytes");
            var header = new byte[headerBytes];
            file.ReadExactly(header, prefix.Length);
            var (tensors, metadata) = SafetensorsHeader.Parse(path, header, fileBytes);
            return new(file, tensors, metadata);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file holds a tensor <paramref name="name"/>.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>Type, shape and place of the tensor <paramref name="name"/>.</summary>
    /// <exception cref="LearningException">There is no such tensor.</exception>
    public StoredTensor Info(string name) => _tensors.TryGetValue(name, out var info) ? info : throw TensorTransfer.Missing(Path, name, Names);

    /// <summary>A copy of the tensor <paramref name="name"/> in its own type, on the CPU. The caller owns it.</summary>
    /// <exception cref="LearningException">There is no such tensor.</exception>
    /// <exception cref="WeightsFormatException">The file was shortened after it was opened.</exception>
    public Tensor Load(string name)
    {
        var info = Info(name);
        return TensorTransfer.Load(info.Type, info.Shape, tensor => ReadInto(info, tensor));
    }

    /// <summary>
    /// Copies the tensor <paramref name="name"/> into <paramref name="destination"/> in place, on whatever device that is. Floating-point types are
    /// converted
    /// among each other, and so are integer types; shapes must be equal.
    /// </summary>
    /// <exception cref="LearningException">There is no such tensor, or its shape or kind of type differs; names both.</exception>
    /// <exception cref="WeightsFormatException">The file was shortened after it was opened.</exception>
    public void CopyTo(string name, Tensor destination)
    {
        var info = Info(name);
        TensorTransfer.CopyTo(Path, info, destination, tensor => ReadInto(info, tensor), () => Load(name));
    }

    TensorInfo IWeightsFile.Info(string name) => Info(name);

    /// <summary>Whether a tensor of the type <paramref name="from"/> can be copied into one of <paramref name="to"/> without changing its
    /// kind.</summary>
    internal static bool Converts(ScalarType from, ScalarType to) =>
        from == to || (from != ScalarType.Bool && to != ScalarType.Bool && SafetensorsTypes.IsFloat(from) == SafetensorsTypes.IsFloat(to));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void ReadInto(StoredTensor info, Tensor tensor) =>
        TensorMemory.Visit(tensor, (chunk, offset) => _file.ReadExactly(chunk, info.Offset + offset));
}
