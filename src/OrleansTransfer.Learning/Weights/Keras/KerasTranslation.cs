using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights.Catalogue;
using OrleansTransfer.Learning.Weights.PyTorch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>
/// Makes a network's weights of Keras' where both compute the same from every input. Most of Keras' networks differ from those here in a way that no
/// change of weights makes up for; they are refused with the difference rather than loaded to compute something else.
/// </summary>
internal static class KerasTranslation
{
    private const int Listed = 4;

    private static readonly Dictionary<string, IReadOnlyDictionary<string, string>> s_loadable = new(StringComparer.Ordinal)
    {
        ["vgg16"] = VggFromKeras.Prefixes([2, 2, 3, 3, 3]),
        ["vgg19"] = VggFromKeras.Prefixes([2, 2, 4, 4, 4]),
    };

    /// <summary>A view of <paramref name="file"/> with the keys and shapes of <paramref name="model"/>.</summary>
    /// <exception cref="WeightsMismatchException">It holds another network, or one that computes otherwise than the model.</exception>
    public static IWeightsFile Translate(Classifier model, KerasFile file)
    {
        var architecture = model.Architecture;
        KerasLayers layers = new(file.Names);
        var refusal = KerasNetwork.Of(layers) is { } network ? Fault(network, architecture, file, layers) : Unknown(layers);
        if (refusal is not null) throw new WeightsMismatchException($"The weights in '{file.Path}' {refusal}.");

        var prefixes = s_loadable[architecture];
        return new KerasView(file, file.Names.Select(name => Turn(file.Info(name), prefixes)));
    }

    private static string? Fault(KerasNetwork network, string architecture, KerasFile file, KerasLayers layers)
    {
        var loadable = network.Difference is null;
        if (!network.Backbones.Contains(architecture))
            return $"are Keras' {network.Name} and do not fit {architecture}{(loadable ? $": they are for {network.Backbones[0]}" : "")}";
        return loadable
            ? VggFromKeras.Fault(file, layers, architecture)
            : $"are Keras' {network.Name}, which {network.Difference}: {architecture} would compute something else{Instead(architecture)}";
    }

    private static KerasView.TurnedTensor Turn(TensorInfo info, IReadOnlyDictionary<string, string> prefixes)
    {
        // What has no place in the network keeps its name, by which the comparison lists it.
        if (KerasLayers.LayerOf(info.Name, prefixes) is not { } layer || KerasLayers.RoleOf(info.Name) is not { } role) return new(info, info.Name);
        var turned = info with { Name = $"{prefixes[layer]}.{role}", Shape = VggFromKeras.Shape(info.Shape) };
        return new(turned, info.Name, info.Shape.Count is 2 or 4 ? (file, weight) => VggFromKeras.Copy(layer, file, info.Name, weight) : null);
    }

    private static string Unknown(KerasLayers layers)
    {
        if (layers.Ordered.Count == 0) return "are none: this HDF5 file has no layers of Keras";
        var some = string.Join(", ", layers.Ordered.Take(Listed).Select(Quoted.Text));
        var more = layers.Ordered.Count > Listed ? $" and {layers.Ordered.Count - Listed} more" : "";
        var loadable = string.Join(" and ", s_loadable.Keys);
        return $"are of no network of Keras that is known here (its layers are {some}{more}); {loadable} can be loaded from Keras' files";
    }

    private static string Instead(string architecture) =>
        WeightCatalogue.Public.Of(architecture).FirstOrDefault() is { } entry ? $"; use {entry.Name}" : "";
}
