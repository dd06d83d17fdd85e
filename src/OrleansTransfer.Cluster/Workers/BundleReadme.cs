using System.Globalization;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>The README.md inside a bundle: what it is and how to use it, with and without this project.</summary>
public static class BundleReadme
{
    /// <summary>Renders it.</summary>
    /// <param name="bundle">The bundle's description.</param>
    /// <param name="library">Whose key names the weights carry: <c>torchvision</c> or <c>timm</c>.</param>
    public static string Render(BundleDescription bundle, string library)
    {
        var (sample, samples) = bundle.IsForTexts ? ("\"a text\"", "texts") : ("picture.jpg", "pictures");
        var create = library == "torchvision"
            ? $"torchvision.models.{bundle.Architecture}(num_classes={bundle.Labels.Count})"
            : $"timm.create_model(\"{bundle.Architecture}\", num_classes={bundle.Labels.Count})";
        var loading = bundle.Encoder is { } encoder
            ? "`model.safetensors` has the key names of the architecture's public checkpoints, and "
                + $"`{encoder.Configuration}` and `{encoder.Tokenizer}` are what lies beside those.\n{HeadOf(bundle.Architecture)}"
            : library == Backbones.OwnLibrary
            ? "The network has no counterpart in a public library; `model.safetensors` holds its tensors by name."
            : $"""
            ```python
            import {library}
            from safetensors.torch import load_file

            model = {create}
            model.load_state_dict(load_file("model.safetensors"))
            model.eval()
            ```
            """;
        return $"""
            # {bundle.Experiment}

            A {bundle.Architecture} that tells apart: {string.Join(", ", bundle.Labels)}.
            {Accuracy(bundle, samples)} `report.html` has the details.

            ## Predict

            ```
            otx predict {bundle.Experiment} {sample}
            otx predict path/to/this/folder {sample}
            ```

            ## In PyTorch

            {loading}

            {Inputs(bundle)} The logits come in the order of `labels` in `bundle.json`.

            """;
    }

    // A model that was adapted without data of the source is judged by labelled target samples, where there are any.
    private static string Accuracy(BundleDescription bundle, string samples)
    {
        string Of(string what, double value) => $"Accuracy on the {what} {samples}: {value.ToString("0.0000", CultureInfo.InvariantCulture)}.";
        return bundle.Metrics.TryGetValue("accuracy", out var validation) ? Of("validation", validation)
            : bundle.Metrics.TryGetValue("target.accuracy", out var target) ? Of("labelled target", target)
            : $"Its accuracy is not known: it was adapted to {samples} without labels.";
    }

    private static string Inputs(BundleDescription bundle) => bundle switch
    {
        { Preprocessing: { } pictures } =>
            $"Pictures go in as {pictures.Channels.ToUpperInvariant()} times {Scale(pictures.Scale)}, shorter side resized to {pictures.Resize}\n"
            + $"({pictures.Interpolation}, antialiased), centre crop {pictures.Crop}, normalised with mean {Join(pictures.Mean)} and standard deviation "
            + $"{Join(pictures.Std)}.",
        { Text: { } texts } =>
            $"Texts go in as the places of their words in `{texts.Vocabulary}`, from 1, at most {texts.MaximumLength} of them; 0 is padding.",
        { Encoder: { } encoder } =>
            $"Texts go in as the ids that `{encoder.Tokenizer}` gives{PrefixOf(bundle.Architecture)}, at most {encoder.MaximumLength} of them with\n"
            + "the two that frame each text.",
        _ => "",
    };

    private static string HeadOf(string architecture) => TextBackbones.Get(architecture) switch
    {
        { ModelType: "distilbert" } => "The head is `pre_classifier` with ReLU on the first token's state, then `classifier`.",
        { ModelType: "xlm-roberta" } => "The head is `classifier.dense` with tanh on the first token's state, then `classifier.out_proj`.",
        { Name: "multilingual-e5-small" } => "The head is `classifier` on the mean state of the text's tokens, scaled to length 1.",
        _ => "The head is `classifier` on what `bert.pooler` makes of the first token's state.",
    };

    private static string PrefixOf(string architecture) =>
        TextBackbones.Get(architecture).TextPrefix is { Length: > 0 } prefix ? $" with \"{prefix}\" in front of each text" : "";

    private static string Scale(double scale) => scale == 1 / 255.0 ? "1/255" : scale.ToString(CultureInfo.InvariantCulture);

    private static string Join(IEnumerable<double> values) => $"({string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)))})";
}
