using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Tuning.Space;

/// <summary>A configuration as one JSON object from path to value.</summary>
internal sealed class ConfigurationJsonConverter : JsonConverter<Configuration>
{
    public override Configuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonSerializer.Deserialize<Dictionary<string, ParameterValue>>(ref reader, options)!);

    public override void Write(Utf8JsonWriter writer, Configuration value, JsonSerializerOptions options) => writer.WriteRawValue(value.Key);
}
