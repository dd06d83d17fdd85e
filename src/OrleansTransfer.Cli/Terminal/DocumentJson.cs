using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Cli.Terminal;

/// <summary>How results are printed as JSON: camel-case names, enums as words, numbers that are not finite as null.</summary>
internal static class DocumentJson
{
    /// <summary>Over several lines.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(), new NonFiniteAsNull() },
    };

    /// <summary>JSON has no NaN and no infinity; a loss may be either.</summary>
    private sealed class NonFiniteAsNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
