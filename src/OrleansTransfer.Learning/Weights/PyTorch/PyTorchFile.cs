using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>
/// Reads the tensors of a state dict that PyTorch's <c>torch.save</c> wrote, in the zip layout and in the one before it. Nothing in the file is
/// executed: it may hold tensors and plain data, and whatever else it asks for is refused by name. All places and lengths are validated when it is
/// opened; data is read on demand, and that of a contiguous tensor straight into the destination's memory. Safe for use by several threads.
/// </summary>
public sealed class PyTorchFile : IWeightsFile
{
    private readonly PositionalFile _file;
    private readonly Dictionary<string, StridedTensor> _tensors = new(StringComparer.Ordinal);

    private PyTorchFile(PositionalFile file, Checkpoint checkpoint)
    {
        _file = file;
        if (StateDictSection.TryFind(checkpoint.Root, out var tensors, out var section) is { } reason)
            throw new WeightsFormatException(file.Path, checkpoint.RootOffset, reason);
        foreach (var (name, tensor) in tensors)
        {
            var info = new TensorInfo(name, tensor.Storage.Type, tensor.Shape);
            _tensors.Add(name, new(info, tensor, checkpoint.StorageOffsets[tensor.Storage.Key] + tensor.First * SafetensorsTypes.Size(info.Type)));
        }
        Names = [.. tensors.Select(pair => pair.Name)];
        Section = section;
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// The entry of a training checkpoint that the tensors were taken from, or null where the file is a state dict itself. The first of
    /// <c>state_dict</c>, <c>model</c>, <c>model_state_dict</c>, and only without them <c>state_dict_ema</c>, <c>model_ema</c>, <c>ema</c>, that is a
    /// dict with tensors.
    /// </summary>
    public string? Section { get; }

    /// <summary>Opens <paramref name="path"/> and validates everything but the numbers in the tensors.</summary>
    /// <exception cref="LearningException">The file cannot be opened.</exception>
    /// <exception cref="WeightsFormatException">It is malformed, or asks for something that a state dict is not made of.</exception>
    public static PyTorchFile Open(string path)
    {
        var file = new PositionalFile(path);
        try
        {
            Span<byte> start = stackalloc byte[(int)Math.Min(file.Length, FirstBytes)];
            file.ReadExactly(start, 0);
            return new(file, IsZip(start) ? ZipCheckpoint.Read(file) : LegacyCheckpoint.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>How many bytes <see cref="Recognises"/> wants to see.</summary>
    internal const int FirstBytes = 9;

    /// <summary>Whether a file that begins with <paramref name="start"/> is for this reader.</summary>
    internal static bool Recognises(ReadOnlySpan<byte> start) =>
        // A safetensors file begins with any 8 bytes, the length of its header, and the brace that opens it.
        !(start.Length >= FirstBytes && start[8] == (byte)'{') && (IsZip(start) || IsPickle(start));

    /// <inheritdoc/>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc/>
    public TensorInfo Info(string name) => Find(name).Info;

    /// <inheritdoc/>
    public Tensor Load(string name)
    {
        var tensor = Find(name);
        return TensorTransfer.Load(tensor.Info.Type, tensor.Info.Shape, destination =>
        {
            if (tensor.View.IsContiguous) ReadInto(tensor, destination);
            else Gather(tensor, destination);
        });
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        var tensor = Find(name);
        TensorTransfer.CopyTo(Path, tensor.Info, destination, tensor.View.IsContiguous ? memory => ReadInto(tensor, memory) : null, () => Load(name));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8);

    // The instruction that names the protocol, from the second on, which all binary pickles begin with.
    private static bool IsPickle(ReadOnlySpan<byte> start) => start is [(byte)PickleOpcode.Proto, >= 2 and <= 5, ..];

    private StridedTensor Find(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor : throw TensorTransfer.Missing(Path, name, Names);

    private void ReadInto(StridedTensor tensor, Tensor destination) =>
        TensorMemory.Visit(destination, (chunk, offset) => _file.ReadExactly(chunk, tensor.Offset + offset));

    /// <summary>Reads the part of the storage that a transposed, cut or expanded view touches, and puts its elements in row-major order.</summary>
    private void Gather(StridedTensor tensor, Tensor destination)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var span = empty(tensor.View.Span, destination.dtype);
        ReadInto(tensor, span);
        destination.copy_(span.as_strided(tensor.View.Shape, tensor.View.Strides));
    }

    /// <summary>A tensor and the place in the file of its first element.</summary>
    private sealed record StridedTensor(TensorInfo Info, PickledTensor View, long Offset);
}
