using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>A Keras file under another network's keys, its weights turned as that network has them. Does not own the file.</summary>
internal sealed class KerasView : IWeightsFile
{
    /// <summary>How the keys are read, as a clause after "the keys of the weights were read".</summary>
    public const string Reading = "as Keras'";

    private readonly KerasFile _file;
    private readonly Dictionary<string, TurnedTensor> _tensors = new(StringComparer.Ordinal);

    public KerasView(KerasFile file, IEnumerable<TurnedTensor> tensors)
    {
        _file = file;
        foreach (var tensor in tensors)
            if (!_tensors.TryAdd(tensor.Info.Name, tensor))
                throw new WeightsMismatchException($"The weights in '{file.Path}' have {tensor.Info.Name} twice, as {tensor.Source} and as " +
                    $"{_tensors[tensor.Info.Name].Source}: it holds more than one network.");
        Names = [.. _tensors.Keys];
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc/>
    public TensorInfo Info(string name) => Find(name).Info;

    /// <inheritdoc/>
    public Tensor Load(string name)
    {
        var tensor = Find(name);
        var result = empty([.. tensor.Info.Shape], tensor.Info.Type);
        try
        {
            CopyTo(name, result);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        var tensor = Find(name);
        if (tensor.Turn is null)
        {
            _file.CopyTo(tensor.Source, destination);
            return;
        }
        TensorTransfer.CheckFits(Path, tensor.Info, destination);
        tensor.Turn(_file, destination);
    }

    /// <summary>Nothing: the file belongs to whoever opened it.</summary>
    public void Dispose()
    {
    }

    private TurnedTensor Find(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor : throw TensorTransfer.Missing(Path, name, Names);

    /// <param name="Info">What it is in the view.</param>
    /// <param name="Source">Its path in the file.</param>
    /// <param name="Turn">Copies it into a tensor as <paramref name="Info"/> says; null where the values stand in the file as they are wanted.</param>
    internal sealed record TurnedTensor(TensorInfo Info, string Source, Action<KerasFile, Tensor>? Turn = null);
}
