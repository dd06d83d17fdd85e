using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>What all formats have in common when bytes of a file become a tensor.</summary>
internal static class TensorTransfer
{
    /// <summary>Fills a contiguous tensor on the CPU.</summary>
    public delegate void Reader(Tensor destination);

    /// <summary>A new tensor of <paramref name="type"/> and <paramref name="shape"/>, filled by <paramref name="read"/>. The caller owns
    /// it.</summary>
    public static Tensor Load(ScalarType type, IEnumerable<long> shape, Reader read)
    {
        // A bool with another bit pattern than 0 or 1 is undefined to libtorch, so its bytes are read as numbers and compared.
        var bytes = empty([.. shape], type == ScalarType.Bool ? ScalarType.Byte : type);
        try
        {
            read(bytes);
            if (type != ScalarType.Bool) return bytes;
            var truth = bytes.IsNot(0);
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
    /// Puts the tensor <paramref name="info"/> of the file <paramref name="path"/> into <paramref name="destination"/>: through
    /// <paramref name="read"/>, straight into its memory, where that is given and the destination lets it; else through a copy by
    /// <paramref name="load"/>.
    /// </summary>
    /// <exception cref="LearningException">Shape or kind of type differs.</exception>
    public static void CopyTo(string path, TensorInfo info, Tensor destination, Reader? read, Func<Tensor> load)
    {
        CheckFits(path, info, destination);
        if (read is not null && info.Type == destination.dtype && info.Type != ScalarType.Bool && destination.device_type == DeviceType.CPU
            && destination.is_contiguous())
        {
            read(destination);
            return;
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        destination.copy_(load());
    }

    /// <summary>
    /// Throws unless the tensor <paramref name="info"/> of the file <paramref name="path"/> can be put into <paramref name="destination"/>.
    /// </summary>
    /// <exception cref="LearningException">Shape or kind of type differs.</exception>
    public static void CheckFits(string path, TensorInfo info, Tensor destination)
    {
        if (info.Shape.SequenceEqual(destination.shape) && SafetensorsFile.Converts(info.Type, destination.dtype)) return;
        throw new LearningException($"The tensor '{info.Name}' in '{path}' is {SafetensorsTypes.Name(info.Type)} " +
            $"{TensorInfo.Describe(info.Shape)} and cannot be copied into one of {destination.dtype} {TensorInfo.Describe(destination.shape)}.");
    }

    /// <summary>What is said of a tensor <paramref name="name"/> that the file <paramref name="path"/> lacks.</summary>
    public static LearningException Missing(string path, string name, IEnumerable<string> names)
    {
        var nearest = NearestName.Of(name, names);
        return new($"The weights file '{path}' holds no tensor '{name}'{(nearest is null ? "" : $"; the nearest is '{nearest}'")}.");
    }
}
