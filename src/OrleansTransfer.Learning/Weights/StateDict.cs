using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Weights;

/// <summary>How weights are put into a model.</summary>
/// <param name="IgnoreHead">Leaves the model's head as it is and passes over the file's, whatever its width: the run brings its own head.</param>
public sealed record LoadOptions(bool IgnoreHead = false);

/// <summary>What <see cref="StateDict.Load"/> did, or would do.</summary>
/// <param name="Loaded">Keys whose values come from the file.</param>
/// <param name="Dropped">Keys of the file's head that were passed over.</param>
/// <param name="Reset">Batch counters that the file lacks; they are set to 0.</param>
/// <param name="Removed">Modules for training only that the file lacks; they are taken out of the model.</param>
/// <param name="DroppedWidth">Number of labels of the head that was passed over; null where there was none.</param>
/// <param name="Readings">How the file's keys were read where they are not the model's, each as a clause: <c>as timm's</c>.</param>
public sealed record LoadReport(
    IReadOnlyList<string> Loaded,
    IReadOnlyList<string> Dropped,
    IReadOnlyList<string> Reset,
    IReadOnlyList<string> Removed,
    int? DroppedWidth,
    IReadOnlyList<string> Readings)
{
    /// <summary>What a user should know: what differs from a plain copy of every weight, a sentence each.</summary>
    public IReadOnlyList<string> Remarks
    {
        get
        {
            List<string> remarks = [];
            if (Readings.Count > 0) remarks.Add($"The keys of the weights were read {string.Join(" and ", Readings)}.");
            if (Dropped.Count > 0) remarks.Add($"The head of the weights{(DroppedWidth is { } width ? $", for {width} labels," : "")} was left out.");
            if (Removed.Count > 0)
                remarks.Add($"The weights lack {string.Join(", ", Removed)}, which serves training only: the network does without.");
            return remarks;
        }
    }
}

/// <summary>Moves weights between models and files, by key.</summary>
public static class StateDict
{
    /// <summary>
    /// Copies the weights of <paramref name="file"/> into <paramref name="model"/>, in place. All keys, shapes and types are compared before the
    /// first value is
    /// copied. float16, bfloat16 and float64 are converted to the model's type. A file with another library's keys or Keras' layout is
    /// recognised and translated, which the report says.
    /// </summary>
    /// <exception cref="WeightsMismatchException">The file belongs to another network; the model is untouched.</exception>
    /// <exception cref="WeightsFormatException">The file was shortened after it was opened; the model is then partly loaded.</exception>
    public static LoadReport Load(Classifier model, IWeightsFile file, LoadOptions options)
    {
        var state = model.state_dict();
        file = KnownLayouts.Translate(model, file);
        var report = Compare(model, state, file, options);
        foreach (var key in report.Loaded) file.CopyTo(key, state[key]);
        using var noGradient = no_grad();
        foreach (var key in report.Reset) state[key].zero_();
        foreach (var prefix in report.Removed) model.RemoveOptional(prefix);
        return report;
    }

    /// <summary>What <see cref="Load"/> would do, without doing it: for judging a recipe before its run starts.</summary>
    /// <exception cref="WeightsMismatchException">The file belongs to another network.</exception>
    public static LoadReport Check(Classifier model, IWeightsFile file, LoadOptions options) =>
        Compare(model, model.state_dict(), KnownLayouts.Translate(model, file), options);

    /// <summary>
    /// Number of labels that the head in <paramref name="file"/> knows, or null when the file has no head of the model's architecture. The model's
    /// own head may
    /// have another width.
    /// </summary>
    /// <exception cref="WeightsMismatchException">The file is Keras' and belongs to another network.</exception>
    public static int? HeadWidth(Classifier model, IWeightsFile file) => WidthOf(model, KnownLayouts.Translate(model, file));

    /// <summary>
    /// Writes all weights of <paramref name="model"/> to the file <paramref name="path"/>, atomically; low-rank updates as part of the weights that
    /// they are beside.
    /// </summary>
    /// <exception cref="LearningException">The file cannot be written.</exception>
    public static void Save(Classifier model, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(path, Entries(model), metadata);
    }

    /// <summary>Writes all weights of <paramref name="model"/> to <paramref name="stream"/>, as to a file.</summary>
    public static void Save(Classifier model, Stream stream, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(stream, Entries(model), metadata);
    }

    private static IEnumerable<(string, Tensor)> Entries(Classifier model)
    {
        IEnumerable<KeyValuePair<string, Tensor>> state =
            model is TextEncoder { Adaptation: not null } adapted ? adapted.MergedState() : model.state_dict();
        return state.Select(pair => (pair.Key, pair.Value));
    }

    private static int? WidthOf(Classifier model, IWeightsFile file)
    {
        // Of the layers of a head, only the last one's width is sure to be the number of labels.
        var last = model.HeadPrefixes[^1] + ".";
        var bias = model.state_dict().Keys.LastOrDefault(
            key => key.StartsWith(last, StringComparison.Ordinal) && key.EndsWith(".bias", StringComparison.Ordinal));
        if (bias is null || !file.Contains(bias)) return null;
        return file.Info(bias).Shape is [var width] && width is > 0 and <= int.MaxValue ? (int)width : null;
    }

    private static LoadReport Compare(Classifier model, Dictionary<string, Tensor> state, IWeightsFile file, LoadOptions options)
    {
        var comparison = new StateDictComparison(model, state, file, options.IgnoreHead);
        return comparison.Fits
            ? new(comparison.Fitting, comparison.Dropped, comparison.Counters, comparison.Removed,
                comparison.Dropped.Count > 0 ? WidthOf(model, file) : null, TranslatedFile.ReadingsOf(file))
            : throw new WeightsMismatchException(file, model.Architecture, comparison);
    }
}
