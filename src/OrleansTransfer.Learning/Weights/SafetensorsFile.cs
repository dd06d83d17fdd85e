using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>
/// Reads tensors from a safetensors file. The header is validated in full when the file is opened; data is read on demand, straight into the tensor's
/// memory. Positional reads serve instead of a memory map, because a mapped file that someone shortens kills the process. Safe for use by several
/// threads.
/// </summary>
public sealed class SafetensorsFile : IWeightsFile
{
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, StoredTensor> _tensors;

    private SafetensorsFile(string path, SafeFileHandle handle, IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        (Path, _handle, Metadata) = (path, handle, metadata);
        _tensors = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        Names = [.. tensors.Select(tensor => tensor.Name)];
    }

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The tensors' keys, in the order of their data.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Free-form strings that the writer left.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens <paramref name="path"/> and validates its header.</summary>
    /// <exception cref="LearningException">The file cannot be opened.</exception>
    /// <exception cref="WeightsFormatException">It is not a well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        var handle = OpenHandle(path);
        try
        {
            var fileBytes = RandomAccess.GetLength(handle);
            Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
            if (fileBytes < prefix.Length)
                throw new WeightsFormatException(path, fileBytes, $"the file ends {prefix.Length - fileBytes} bytes early");
            ReadExactly(path, handle, prefix, 0);
            var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerBytes > SafetensorsHeader.MaximumBytes)
                throw new WeightsFormatException(path, 0,
                    $"the header is said to be {headerBytes} bytes long, and at most {SafetensorsHeader.MaximumBytes} are allowed");
            var missing = prefix.Length + (long)headerBytes - fileBytes;
            if (missing > 0)
                throw new WeightsFormatException(path, fileBytes, $"the file ends {missing} bytes early, inside its header of {headerBytes} bytes");
            var header = new byte[headerBytes];
            ReadExactly(path, handle, header, prefix.Length);
            var (tensors, metadata) = SafetensorsHeader.Parse(path, header, fileBytes);
            return new(path, handle, tensors, metadata);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file holds a tensor <paramref name="name"/>.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>Type, shape and place of the tensor <paramref name="name"/>.</summary>
    /// <exception cref="LearningException">There is no such tensor.</exception>
    public StoredTensor Info(string name)
    {
        if (_tensors.TryGetValue(name, out var info)) return info;
        var nearest = NearestName.Of(name, Names);
        throw new LearningException($"The weights file '{Path}' holds no tensor '{name}'{(nearest is null ? "" : $"; the nearest is '{nearest}'")}.");
    }

    /// <summary>A copy of the tensor <paramref name="name"/> in its own type, on the CPU. The caller owns it.</summary>
    /// <exception cref="LearningException">There is no such tensor.</exception>
    /// <exception cref="WeightsFormatException">The file was shortened after it was opened.</exception>
    public Tensor Load(string name)
    {
        var info = Info(name);
        // A bool with another bit pattern than 0 or 1 is undefined to libtorch, so its bytes are read as numbers and compared.
        var bytes = empty([.. info.Shape], info.Type == ScalarType.Bool ? ScalarType.Byte : info.Type);
        try
        {
            ReadInto(info, bytes);
            if (info.Type != ScalarType.Bool) return bytes;
            var truth = bytes.ne(0);
            bytes.Dispose();
            return truth;
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
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
        if (!info.Shape.SequenceEqual(destination.shape) || !Converts(info.Type, destination.dtype))
        {
            throw new LearningException($"The tensor '{name}' in '{Path}' is {SafetensorsTypes.Name(info.Type)} {TensorInfo.Describe(info.Shape)} " +
                $"and cannot be copied into one of {destination.dtype} {TensorInfo.Describe(destination.shape)}.");
        }
        if (info.Type == destination.dtype && info.Type != ScalarType.Bool && destination.device_type == DeviceType.CPU
            && destination.is_contiguous())
        {
            ReadInto(info, destination);
            return;
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        destination.copy_(Load(name));
    }

    TensorInfo IWeightsFile.Info(string name) => Info(name);

    /// <summary>Whether a tensor of the type <paramref name="from"/> can be copied into one of <paramref name="to"/> without changing its
    /// kind.</summary>
    internal static bool Converts(ScalarType from, ScalarType to) =>
        from == to || (from != ScalarType.Bool && to != ScalarType.Bool && SafetensorsTypes.IsFloat(from) == SafetensorsTypes.IsFloat(to));

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void ReadInto(StoredTensor info, Tensor tensor) =>
        TensorMemory.Visit(tensor, (chunk, offset) => ReadExactly(Path, _handle, chunk, info.Offset + offset));

    private static SafeFileHandle OpenHandle(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = Directory.Exists(path) ? "it is a folder" : File.Exists(path) ? e.Message : "there is no such file";
            throw new LearningException($"The weights file '{path}' cannot be opened: {reason}.", e);
        }
    }

    private static void ReadExactly(string path, SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
                throw new WeightsFormatException(path, offset, $"the file ends {destination.Length} bytes early; it was shortened while in use");
            destination = destination[read..];
            offset += read;
        }
    }
}
