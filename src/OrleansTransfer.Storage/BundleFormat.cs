using System.Text.Json;

namespace OrleansTransfer.Storage;

/// <summary>Names of a bundle's files, and the reading of its description.</summary>
public static class BundleFormat
{
    /// <summary>The weights.</summary>
    public const string Model = "model.safetensors";

    /// <summary>The description, written last: a folder without it is not a bundle.</summary>
    public const string Description = "bundle.json";

    /// <summary>Metrics and examples for people.</summary>
    public const string Report = "report.html";

    /// <summary>What the bundle is and how to load it.</summary>
    public const string Readme = "README.md";

    /// <summary>Example predictions; optional.</summary>
    public const string Predictions = "predictions.png";

    /// <summary>The words that a model of texts knows, one a line; only for such.</summary>
    public const string Vocabulary = "vocabulary.txt";

    /// <summary>Predictions for an unlabelled target domain; optional.</summary>
    public const string TargetPredictions = "target-predictions.csv";

    /// <exception cref="BundleException">The text is not a description that this version reads.</exception>
    internal static BundleDescription Parse(BinaryData json, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("formatVersion", out var version) || !version.TryGetInt32(out var number))
            {
                throw new BundleException($"'{where}' is not a bundle: its {Description} has no formatVersion.");
            }

            if (number != BundleDescription.CurrentFormatVersion)
            {
                throw new BundleException(
                    $"The bundle '{where}' has format version {number}; this version reads {BundleDescription.CurrentFormatVersion}.");
            }

            return document.Deserialize<BundleDescription>(StorageJson.Options)!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BundleException($"The {Description} of the bundle '{where}' cannot be read: {e.Message}", e);
        }
    }
}
