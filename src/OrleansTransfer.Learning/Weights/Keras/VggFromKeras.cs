using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>
/// Keras' VGG as ours. Both compute the same: convolutions that keep the size, and pooling that is never between pixels. Only the layout of the
/// weights differs.
/// </summary>
internal static class VggFromKeras
{
    // What the last pool leaves of 224 pixels. Keras flattens it height, width, channel; ours channel, height, width.
    private const int Positions = 7 * 7, Channels = 512;

    // Channels of the first linear layer that are turned at a time: 26 MB of its 411.
    private const int Block = 32;

    private static readonly string[] s_linear = ["fc1", "fc2"];

    /// <summary>Our prefix for each of Keras' layers.</summary>
    /// <param name="convolutions">Number of convolutions in each block.</param>
    public static IReadOnlyDictionary<string, string> Prefixes(IReadOnlyList<int> convolutions)
    {
        Dictionary<string, string> prefixes = new(StringComparer.Ordinal)
        {
            ["fc1"] = "classifier.0",
            ["fc2"] = "classifier.3",
            ["predictions"] = "classifier.6",
        };
        var index = 0;
        for (var block = 0; block < convolutions.Count; block++)
        {
            for (var i = 0; i < convolutions[block]; i++, index += 2) prefixes[$"block{block + 1}_conv{i + 1}"] = $"features.{index}";
            index++; // the pool
        }
        return prefixes;
    }

    /// <summary>
    /// Why a file for <paramref name="architecture"/> lacks parts of the backbone or has them in an older order, as what follows "the weights"; null
    /// where it does neither.
    /// </summary>
    public static string? Fault(KerasFile file, KerasLayers layers, string architecture)
    {
        if (s_linear.FirstOrDefault(layer => !layers.Has(layer)) is { } absent)
            return $"lack the layer {absent}, as files with 'notop' in their name do, and {architecture} has fc1 and fc2 in its backbone: " +
                $"use the file with the top, {architecture}/keras";
        foreach (var name in file.Names)
            if (KerasLayers.RoleOf(name) == "weight" && file.Info(name).Shape is [_, _, 3, 3] and not [3, 3, _, _])
                return "have their dimensions in Theano's order, and only TensorFlow's is read: use a file with 'tf_dim_ordering' in its name";
        return null;
    }

    /// <summary>The shape that a weight of the shape <paramref name="shape"/> has here.</summary>
    public static IReadOnlyList<long> Shape(IReadOnlyList<long> shape) => shape switch
    {
        [var height, var width, var input, var output] => [output, input, height, width],
        [var input, var output] => [output, input],
        _ => shape,
    };

    /// <summary>Copies a weight of <paramref name="file"/> into one of the network, turning it as it has to stand there.</summary>
    /// <param name="layer">Keras' name of the layer.</param>
    /// <param name="file">Has it.</param>
    /// <param name="name">Its path in the file: <c>[H,W,I,O]</c> of a convolution, <c>[I,O]</c> of a linear layer.</param>
    /// <param name="destination"><c>[O,I,H,W]</c> or <c>[O,I]</c>.</param>
    public static void Copy(string layer, KerasFile file, string name, Tensor destination)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (layer == "fc1" && destination.shape is [_, Channels * Positions])
        {
            CopyFlattened(file, name, destination);
            return;
        }
        var weight = file.Load(name);
        destination.copy_(weight.dim() == 4 ? weight.permute(3, 2, 0, 1) : weight.t());
    }

    /// <summary>
    /// The first linear layer: of each output, rows for position and channel become columns for channel and position. As one permuted copy it would
    /// take libtorch steps of 8 MB through memory, and the whole matrix once more beside the network's; it transposes matrices in tiles.
    /// </summary>
    private static void CopyFlattened(KerasFile file, string name, Tensor destination)
    {
        var (outputs, type) = (destination.shape[0], file.Info(name).Type);
        var rows = empty(Block * Positions, outputs, dtype: type);
        var columns = empty(outputs, Block * Positions, dtype: type);
        var whole = file.IsInOnePiece(name) ? null : file.Load(name).view(Positions, Channels, outputs);
        for (var channel = 0; channel < Channels; channel += Block)
        {
            using var views = NewDisposeScope();
            if (whole is null) ReadChannels(file, name, channel, rows);
            else rows.view(Block, Positions, outputs).copy_(whole.narrow(1, channel, Block).transpose(0, 1));
            columns.copy_(rows.t());
            destination.narrow(1, channel * Positions, Block * Positions).copy_(columns);
        }
    }

    /// <summary>Fills <paramref name="rows"/> with those of a block of channels, all positions of a channel together.</summary>
    private static void ReadChannels(KerasFile file, string name, int first, Tensor rows)
    {
        for (var row = 0; row < Block * Positions; row++)
        {
            using var one = rows.narrow(0, row, 1);
            file.ReadRows(name, row % Positions * Channels + first + row / Positions, one);
        }
    }
}
