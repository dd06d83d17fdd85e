using OrleansTransfer.Learning.Weights.Keras;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>
/// A weights file seen under other keys, some tensors in another shape or with other values. Does not own the file. Safe for use by several threads.
/// </summary>
internal sealed class TranslatedFile : IWeightsFile
{
    private readonly Dictionary<string, TranslatedTensor> _tensors;
    private readonly Func<string, string> _nameInFile;

    /// <param name="file">What is looked at.</param>
    /// <param name="reading">How its keys are read, as a clause after "its keys were read": <c>as timm's</c>.</param>
    /// <param name="tensors">Every tensor of the file, once, under its new key.</param>
    /// <param name="nameInFile">The file's name for a key, also for one that the file lacks.</param>
    public TranslatedFile(IWeightsFile file, string reading, IReadOnlyList<TranslatedTensor> tensors, Func<string, string> nameInFile)
    {
        (Inner, Reading, _nameInFile) = (file, reading, nameInFile);
        _tensors = tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);
        Names = [.. tensors.Select(tensor => tensor.Info.Name)];
    }

    /// <summary>What is looked at.</summary>
    public IWeightsFile Inner { get; }

    /// <summary>How the keys are read.</summary>
    public string Reading { get; }

    /// <inheritdoc/>
    public string Path => Inner.Path;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How the keys of <paramref name="file"/> are read, the outermost translation last; empty for a file that is read as it is.</summary>
    public static IReadOnlyList<string> ReadingsOf(IWeightsFile file) =>
        file switch
        {
            TranslatedFile view => [.. ReadingsOf(view.Inner), view.Reading],
            KerasView => [KerasView.Reading],
            _ => [],
        };

    /// <summary>What the file itself calls, or would call, <paramref name="key"/>.</summary>
    public static string NameInFile(IWeightsFile file, string key) =>
        file is TranslatedFile view ? NameInFile(view.Inner, view._nameInFile(key)) : key;

    /// <inheritdoc/>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc/>
    public TensorInfo Info(string name) => Find(name).Info;

    /// <inheritdoc/>
    public Tensor Load(string name)
    {
        var tensor = Find(name);
        if (tensor.Make is not null) return tensor.Make();
        var loaded = Inner.Load(tensor.Source.Name);
        if (!tensor.IsReshaped) return loaded;
        using (loaded) return loaded.reshape([.. tensor.Info.Shape]);
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        var tensor = Find(name);
        if (tensor.Make is null && !tensor.IsReshaped)
        {
            Inner.CopyTo(tensor.Source.Name, destination);
        }
        else if (tensor.Make is null && destination.is_contiguous() && destination.shape.SequenceEqual(tensor.Info.Shape))
        {
            // The same elements in the same order: no copy in between, which would be 411 MB for the first linear layer of a VGG.
            using var noGradient = no_grad();
            using var view = destination.view([.. tensor.Source.Shape]);
            Inner.CopyTo(tensor.Source.Name, view);
        }
        else
        {
            TensorTransfer.CopyTo(Path, tensor.Info, destination, read: null, () => Load(name));
        }
    }

    /// <summary>Nothing: the file belongs to whoever opened it.</summary>
    public void Dispose()
    {
    }

    private TranslatedTensor Find(string name) =>
        _tensors.TryGetValue(name, out var tensor) ? tensor : throw TensorTransfer.Missing(Path, name, Names);
}
