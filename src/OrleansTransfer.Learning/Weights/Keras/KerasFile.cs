using OrleansTransfer.Learning.Weights.PyTorch;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>
/// Reads the weights in an HDF5 file that Keras wrote, of weights alone or of a whole model, under the paths of their datasets:
/// <c>block1_conv1/block1_conv1/kernel:0</c>. Shapes are Keras' own; <see cref="StateDict"/> makes a network's weights of them. All places and
/// lengths are validated when it is opened, no other file is ever opened, and data is read on demand. Safe for use by several threads.
/// </summary>
/// <remarks>
/// The reader is written for the part of HDF5 that h5py uses for Keras. The library for all of it, PureHDF, does not return from some files in which
/// a single bit has flipped, and there is no stopping it from outside.
/// </remarks>
public sealed class KerasFile : IWeightsFile
{
    /// <summary>The group that a whole model's weights are in, beside the state of its optimizer.</summary>
    private const string WeightsGroup = "model_weights";

    private const int MaximumDepth = 32, MaximumPath = 1024, MaximumDatasets = 1 << 16;

    private readonly PositionalFile _file;
    private readonly Dictionary<string, HdfDataset> _datasets = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    private KerasFile(PositionalFile file)
    {
        _file = file;
        HdfInput input = new(file);
        var (address, from) = Hdf.ReadRoot(input);
        var (root, what) = (new HdfObject(input, address, from, "the root group"), "the root group");
        var entries = HdfGroup.Entries(input, root, what).ToList();
        var (_, weights, at) = entries.Find(entry => entry.Name == WeightsGroup);
        if (weights != 0)
        {
            what = $"the group '{WeightsGroup}'";
            entries = [.. HdfGroup.Entries(input, new(input, weights, at, what), what)];
        }
        Walk(input, "", entries, depth: 1);
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Opens <paramref name="path"/> and validates everything but the numbers in the tensors.</summary>
    /// <exception cref="LearningException">The file cannot be opened.</exception>
    /// <exception cref="WeightsFormatException">It is malformed, or written in a way that Keras does not.</exception>
    public static KerasFile Open(string path)
    {
        var file = new PositionalFile(path);
        try
        {
            return new(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file that begins with <paramref name="start"/> is for this reader.</summary>
    internal static bool Recognises(ReadOnlySpan<byte> start) => start.StartsWith(Hdf.Signature);

    /// <inheritdoc/>
    public bool Contains(string name) => _datasets.ContainsKey(name);

    /// <inheritdoc/>
    public TensorInfo Info(string name) => Find(name).Info;

    /// <inheritdoc/>
    public Tensor Load(string name)
    {
        var dataset = Find(name);
        return TensorTransfer.Load(dataset.Info.Type, dataset.Info.Shape, destination => ReadInto(dataset, destination));
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        var dataset = Find(name);
        TensorTransfer.CopyTo(Path, dataset.Info, destination, memory => ReadInto(dataset, memory), () => Load(name));
    }

    /// <summary>Whether the elements of <paramref name="name"/> lie in the file as in memory, so that <see cref="ReadRows"/> can find them.</summary>
    internal bool IsInOnePiece(string name) => Find(name).Chunks is null;

    /// <summary>Fills <paramref name="rows"/> (of the dataset's type, on the CPU, contiguous) with rows of a dataset in one piece.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="first">Index of the first one; with the others it lies in the dataset.</param>
    /// <param name="rows">As many as its own first dimension says, with the dataset's other dimensions.</param>
    internal void ReadRows(string name, long first, Tensor rows)
    {
        var dataset = Find(name);
        var rowBytes = rows.numel() / rows.shape[0] * rows.element_size();
        TensorMemory.Visit(rows, (span, offset) => _file.ReadExactly(span, dataset.Offset + first * rowBytes + offset));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private HdfDataset Find(string name) => _datasets.TryGetValue(name, out var dataset) ? dataset : throw TensorTransfer.Missing(Path, name, Names);

    private void Walk(HdfInput input, string path, IEnumerable<(string Name, ulong Header, long From)> entries, int depth)
    {
        foreach (var (name, address, from) in entries)
        {
            var inner = path + name;
            if (depth > MaximumDepth || inner.Length > MaximumPath)
                throw input.Malformed(from, $"groups lie in each other deeper than {MaximumDepth}");
            var what = Quoted.Text(inner);
            HdfObject header = new(input, address, from, what);
            if (!header.Has(HdfMessage.Layout))
            {
                Walk(input, inner + "/", HdfGroup.Entries(input, header, what), depth + 1);
                continue;
            }
            if (_names.Count == MaximumDatasets) throw input.Malformed(from, $"it has more than {MaximumDatasets} datasets");
            if (!_datasets.TryAdd(inner, HdfDataset.Read(input, header, inner, what))) throw input.Malformed(from, $"there are two datasets {what}");
            _names.Add(inner);
        }
    }

    private void ReadInto(HdfDataset dataset, Tensor destination)
    {
        if (dataset.Chunks is { } chunks) chunks.ReadInto(_file, destination);
        else TensorMemory.Visit(destination, (span, offset) => _file.ReadExactly(span, dataset.Offset + offset));
    }
}
