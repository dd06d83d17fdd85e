using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>
/// Tensors by name, in a file of any format. Opening one validates all that can be validated without reading the data, so that a malformed file is
/// refused before anything is copied out of it. <see cref="WeightFile.Open"/> chooses the reader. Safe for use by several threads.
/// </summary>
public interface IWeightsFile : IDisposable
{
    /// <summary>The path the file was opened by.</summary>
    string Path { get; }

    /// <summary>The tensors' keys, in the file's order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Whether the file holds a tensor <paramref name="name"/>.</summary>
    bool Contains(string name);

    /// <summary>Type and shape of the tensor <paramref name="name"/>.</summary>
    /// <exception cref="LearningException">There is no such tensor.</exception>
    TensorInfo Info(string name);

    /// <summary>A copy of the tensor <paramref name="name"/> in its own type, on the CPU. The caller owns it.</summary>
    /// <exception cref="LearningException">There is no such tensor.</exception>
    /// <exception cref="WeightsFormatException">The file was changed after it was opened, or its data is damaged.</exception>
    Tensor Load(string name);

    /// <summary>
    /// Copies the tensor <paramref name="name"/> into <paramref name="destination"/> in place, on whatever device that is. Floating-point types are
    /// converted among each other, and so are integer types; shapes must be equal.
    /// </summary>
    /// <exception cref="LearningException">There is no such tensor, or its shape or kind of type differs; names both.</exception>
    /// <exception cref="WeightsFormatException">The file was changed after it was opened, or its data is damaged.</exception>
    void CopyTo(string name, Tensor destination);
}
