using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Weights.Keras;
using OrleansTransfer.Learning.Weights.KeyMaps;

namespace OrleansTransfer.Learning.Weights;

/// <summary>Ways to write a network's weights other than under its own keys.</summary>
internal static class KnownLayouts
{
    /// <summary>
    /// <paramref name="file"/> as a file with the keys of <paramref name="model"/>: itself where it has them or is of no layout that is known here,
    /// else a view of it. The view does not own the file.
    /// </summary>
    /// <exception cref="WeightsMismatchException">The file is of a layout that is known, and belongs to another network.</exception>
    public static IWeightsFile Translate(Classifier model, IWeightsFile file)
    {
        if (file is KerasFile keras) return KerasTranslation.Translate(model, keras);
        var plain = ParallelPrefix.Strip(file);
        if (model is TextEncoder text) return TextKeys.Translate(text, plain);
        return TimmKeys.Of(model) is { } map && map.Recognises(plain) ? map.ToOurs(plain) : plain;
    }
}
