using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights.KeyMaps;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>What <see cref="NamedWeights.Save"/> wrote.</summary>
/// <param name="Model">What the other library calls the network.</param>
/// <param name="Tensors">Number of tensors in the file.</param>
/// <param name="LeftOut">Keys that the other library's network does not have.</param>
/// <param name="Remarks">What a user of the file should know, a sentence each.</param>
public sealed record SavedWeights(string Model, int Tensors, IReadOnlyList<string> LeftOut, IReadOnlyList<string> Remarks);

/// <summary>Writes weights under the names of the library that is to read them.</summary>
public static class NamedWeights
{
    private const string Torchvision = "torchvision";

    /// <summary>
    /// Writes all weights of <paramref name="model"/> to the safetensors file <paramref name="path"/>, atomically, such that the network of that
    /// library loads them strictly and computes the same logits in evaluation.
    /// </summary>
    /// <exception cref="LearningException">The library does not have the network, or the file cannot be written.</exception>
    public static SavedWeights Save(Classifier model, string path, KeyNaming naming)
    {
        var state = model.state_dict();
        var map = MapOf(model, naming);
        using var scope = NewDisposeScope();
        List<(string Name, Tensor Tensor)> entries = map is null ? [.. state.Select(pair => (pair.Key, pair.Value))] : [.. map.ToTheirs(state)];
        List<string> leftOut = map is null ? [] : [.. state.Keys.Where(map.IsAbsent)];
        var name = map?.Model ?? model.Architecture;

        // Libraries of Hugging Face want the format named.
        SafetensorsWriter.Write(path, entries, new Dictionary<string, string> { ["format"] = "pt", ["architecture"] = name });
        return new(name, entries.Count, leftOut, map?.Remarks ?? []);
    }

    /// <summary>Libraries whose names the weights of <paramref name="model"/> may have, its own first.</summary>
    public static IReadOnlyList<string> LibrariesOf(Classifier model)
    {
        var own = Backbones.Get(model.Architecture).Library;
        return TimmKeys.Of(model) is null ? [own] : [own, TimmKeys.Library];
    }

    /// <summary>The map to the names; null where they are the network's own.</summary>
    private static KeyMap? MapOf(Classifier model, KeyNaming naming)
    {
        var own = Backbones.Get(model.Architecture).Library;
        var wanted = naming == KeyNaming.Timm ? TimmKeys.Library : Torchvision;
        if (own == wanted) return null;
        return (naming == KeyNaming.Timm ? TimmKeys.Of(model) : null)
            ?? throw new LearningException($"{wanted} has no {model.Architecture}: its weights have "
                + $"{(own == Backbones.OwnLibrary ? "names of their own" : $"{own}'s names")} only.");
    }
}
