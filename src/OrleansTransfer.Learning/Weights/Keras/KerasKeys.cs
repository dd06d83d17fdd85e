using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights.Catalogue;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights.Keras;

/// <summary>What a file of Keras is to the networks here: those of VGG fit, and the others are refused with the difference.</summary>
internal static class KerasKeys
{
    private const string Reading = "as those of Keras";

    // Side of the map that the first of VGG's linear layers sees.
    private const int Map = 7;

    /// <summary><paramref name="file"/> under the keys of <paramref name="model"/>; the view does not own the file.</summary>
    /// <exception cref="KerasMismatchException">The file is of another network, or of one that computes something else than the one here.</exception>
    public static IWeightsFile Translate(ImageClassifier model, KerasFile file)
    {
        var network = KerasNetwork.Of(file);
        if (network is null)
        {
            throw new KerasMismatchException(
                file.Path, $"holds layers of Keras that are of no network known here ({string.Join(", ", file.Layers.Take(4))}, ...)");
        }
        if (network.Difference is { } difference)
        {
            var instead = WeightCatalogue.Public.Of(model.Architecture) is [var first, ..] ? $"; take {first.Name}" : "";
            throw new KerasMismatchException(file.Path,
                $"holds {network.Name} as Keras computes it: {difference}. With these weights the network here would give other results{instead}");
        }
        if (network.Name != model.Architecture) throw new KerasMismatchException(file.Path, $"holds {network.Name}, not {model.Architecture}");
        return Vgg(model, file);
    }

    private static TranslatedFile Vgg(ImageClassifier model, KerasFile file)
    {
        // Keras counts convolutions by block, torchvision all layers in a row: their orders agree.
        Queue<string> convolutions = new(model.state_dict().Keys
            .Where(key => key.StartsWith("features.", StringComparison.Ordinal) && key.EndsWith(".weight", StringComparison.Ordinal))
            .Select(key => key[..^".weight".Length]));
        Dictionary<string, string> modules = new(StringComparer.Ordinal)
        {
            ["fc1"] = "classifier.0",
            ["fc2"] = "classifier.3",
            ["predictions"] = "classifier.6",
        };
        foreach (var layer in file.Layers.Where(KerasNetwork.IsVggConvolution).Order(StringComparer.Ordinal))
            if (convolutions.TryDequeue(out var module)) modules[layer] = module;

        List<TranslatedTensor> tensors = [];
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (var layer in file.Layers)
        {
            var weights = file.WeightsOf(layer);
            for (var i = 0; i < weights.Count; i++)
            {
                // What has no place here keeps its name, and is reported as unexpected.
                var key = i < 2 && modules.TryGetValue(layer, out var module) ? $"{module}.{(i == 0 ? "weight" : "bias")}" : weights[i];
                names[key] = weights[i];
                tensors.Add(Turn(file, file.Info(weights[i]), key, flattened: layer == "fc1"));
            }
        }
        return new(file, Reading, tensors, key => names.GetValueOrDefault(key, key));
    }

    // TensorFlow has a kernel as [height, width, in, out] and a matrix as [in, out]; VGG's first matrix takes a map that was flattened with its
    // channels last.
    private static TranslatedTensor Turn(KerasFile file, TensorInfo source, string key, bool flattened)
    {
        long[] turned, shape;
        switch (source.Shape)
        {
            case [var height, var width, var input, var output]:
                (turned, shape) = ([3, 2, 0, 1], [output, input, height, width]);
                break;
            case [var input, var output] when flattened && input % (Map * Map) == 0:
                return new(new(key, source.Type, [output, input]), source, () => Load(source.Name, loaded =>
                    loaded.view(Map, Map, input / (Map * Map), output).permute(3, 2, 0, 1).contiguous().view(output, input)));
            case [var input, var output]:
                (turned, shape) = ([1, 0], [output, input]);
                break;
            default:
                return new(source with { Name = key }, source);
        }
        return new(new(key, source.Type, shape), source, () => Load(source.Name, loaded => loaded.permute(turned).contiguous()));

        Tensor Load(string name, Func<Tensor, Tensor> turn)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            return turn(file.Load(name)).MoveToOuterDisposeScope();
        }
    }
}
