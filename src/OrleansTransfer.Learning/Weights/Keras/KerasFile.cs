using OrleansTransfer.Learning.Weights.Hdf5;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>
/// Reads the weights that Keras saved as <c>.h5</c>: a file of weights alone, or of a whole model. Names are <c>layer/weight</c> as the file has
/// them, shapes and order of elements TensorFlow's. <see cref="KnownLayouts"/> makes of that what a network here can take. Safe for use by several
/// threads.
/// </summary>
/// <remarks>
/// With a reader of its own, for what h5py writes by default: a library for HDF5 trusts its input, and can hang on a file with one bit wrong, where a
/// file from the network may be anything. Only this file is ever opened, whatever it links to.
/// </remarks>
public sealed class KerasFile : IWeightsFile
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    private readonly PositionalFile _file;
    private readonly Dictionary<string, Hdf5Dataset> _datasets = new(StringComparer.Ordinal);

    private KerasFile(PositionalFile file)
    {
        _file = file;
        var input = new Hdf5Input(file);
        var root = Hdf5Object.Root(input);
        var layers = Hdf5Attributes.Texts(input, root, "layer_names");
        if (layers is null && root.Find("model_weights") is { } model)
        {
            root = model;
            layers = Hdf5Attributes.Texts(input, root, "layer_names");
        }
        if (layers is null) throw input.Malformed(0, "the HDF5 file holds no weights of Keras: it names no layers");

        List<string> names = [], withWeights = [];
        foreach (var layer in layers)
        {
            var group = root.FindPath(layer) ?? throw input.Malformed(0, $"the layer '{layer}' is named and not there");
            var weights = Hdf5Attributes.Texts(input, group, "weight_names") ?? [];
            foreach (var weight in weights)
            {
                var name = $"{layer}/{weight}";
                var source = group.FindPath(weight) ?? throw input.Malformed(0, $"the weight '{name}' is named and not there");
                if (!_datasets.TryAdd(name, new(input, source, name))) throw input.Malformed(0, $"the weight '{name}' occurs twice");
                names.Add(name);
            }
            if (weights.Count > 0) withWeights.Add(layer);
        }
        (Names, Layers) = (names, withWeights);
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The layers that have weights, in the model's order.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>Opens <paramref name="path"/> and validates everything but the numbers in the tensors.</summary>
    /// <exception cref="LearningException">The file cannot be opened.</exception>
    /// <exception cref="WeightsFormatException">It is malformed, or no file of weights.</exception>
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

    /// <summary>Whether a file that begins with <paramref name="start"/> is HDF5.</summary>
    internal static bool Recognises(ReadOnlySpan<byte> start) => start.StartsWith(Signature);

    /// <summary>The names of a layer's weights, in the order in which Keras keeps them: kernel, then bias.</summary>
    public IReadOnlyList<string> WeightsOf(string layer) => [.. Names.Where(name => name.StartsWith($"{layer}/", StringComparison.Ordinal))];

    /// <inheritdoc/>
    public bool Contains(string name) => _datasets.ContainsKey(name);

    /// <inheritdoc/>
    public TensorInfo Info(string name) => Find(name).Info;

    /// <inheritdoc/>
    public Tensor Load(string name)
    {
        var dataset = Find(name);
        return TensorTransfer.Load(dataset.Info.Type, dataset.Info.Shape, dataset.ReadInto);
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        var dataset = Find(name);
        TensorTransfer.CopyTo(Path, dataset.Info, destination, dataset.ReadInto, () => Load(name));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private Hdf5Dataset Find(string name) => _datasets.TryGetValue(name, out var dataset) ? dataset : throw TensorTransfer.Missing(Path, name, Names);
}
