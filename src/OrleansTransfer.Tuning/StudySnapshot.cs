using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTransfer.Tuning.Space;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning;

/// <summary>A study as JSON: settings and trials. Suggestions and decisions are functions of both, so there is no other state.</summary>
/// <param name="Settings">What the study is about, with its budget at the time.</param>
/// <param name="Trials">By number.</param>
/// <param name="Enqueued">Configurations that wait to be started.</param>
internal sealed record StudySnapshot(StudySettings Settings, IReadOnlyList<Trial> Trials, IReadOnlyList<Configuration> Enqueued)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <exception cref="TuningException">The text is no snapshot.</exception>
    public static StudySnapshot Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<StudySnapshot>(json, s_json) ?? throw new TuningException("A snapshot is a JSON object, not null.");
        }
        catch (JsonException failure)
        {
            throw new TuningException($"This is not the snapshot of a study: {failure.Message}");
        }
    }
}
