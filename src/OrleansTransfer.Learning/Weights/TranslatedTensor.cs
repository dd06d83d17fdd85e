using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>A tensor of a weights file under another key.</summary>
/// <param name="Info">What it is in the translation.</param>
/// <param name="Source">What it is in the file. Where only the shapes differ, the elements are the same in the same order.</param>
/// <param name="Make">Computes it, where values differ; the caller owns what comes out. Null where the file's values are taken.</param>
internal sealed record TranslatedTensor(TensorInfo Info, TensorInfo Source, Func<Tensor>? Make = null)
{
    /// <summary>Whether the file has it in another shape.</summary>
    public bool IsReshaped { get; } = !Info.Shape.SequenceEqual(Source.Shape);
}
