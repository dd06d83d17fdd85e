using System.Globalization;
using OrleansTransfer.Learning.Models;
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
        var preprocessing = bundle.Preprocessing!;
        var create = library == "torchvision"
            ? $"torchvision.models.{bundle.Architecture}(num_classes={bundle.Labels.Count})"
            : $"timm.create_model(\"{bundle.Architecture}\", num_classes={bundle.Labels.Count})";
        var loading = library == Backbones.OwnLibrary
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
            Accuracy on the validation pictures: {bundle.Metrics["accuracy"].ToString("0.0000", CultureInfo.InvariantCulture)}. `report.html` has the details.

            ## Predict

            ```
            otx predict {bundle.Experiment} picture.jpg
            otx predict path/to/this/folder picture.jpg
            ```

            ## In PyTorch

            {loading}

            Pictures go in as {preprocessing.Channels.ToUpperInvariant()} times {Scale(preprocessing.Scale)}, shorter side resized to {preprocessing.Resize}
            ({preprocessing.Interpolation}, antialiased), centre crop {preprocessing.Crop}, normalised with mean {Join(preprocessing.Mean)} and standard deviation {Join(preprocessing.Std)}. The logits come in the
            order of `labels` in `bundle.json`.

            """;
    }

    private static string Scale(double scale) => scale == 1 / 255.0 ? "1/255" : scale.ToString(CultureInfo.InvariantCulture);

    private static string Join(IEnumerable<double> values) => $"({string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)))})";
}
