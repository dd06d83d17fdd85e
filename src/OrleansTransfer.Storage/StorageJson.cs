using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Storage;

/// <summary>How JSON is written, with camelCase names.</summary>
internal static class StorageJson
{
    /// <summary>Grain state: compact, and lenient, so that a state type may gain members.</summary>
    internal static JsonSerializerOptions GrainState { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>
    /// Manifests and bundles: indented, and strict about what is missing. A metric may be NaN; JSON has no number for it, so it becomes the
    /// string "NaN".
    /// </summary>
    internal static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        // Labels and recipes are read by people, and never embedded in a page as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
