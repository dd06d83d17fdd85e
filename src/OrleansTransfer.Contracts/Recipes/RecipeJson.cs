using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>How recipes, experiments and events are written as JSON: on the HTTP API, in stored history and by the command line.</summary>
public static class RecipeJson
{
    /// <summary>Camel-case names, enums as words, numbers that are not finite as null.</summary>
    public static JsonSerializerOptions Options { get; } = Create(indented: false);

    /// <summary>The same over several lines, for people.</summary>
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    /// <summary>Makes <paramref name="options"/>, for instance those of a web server, write what <see cref="Options"/> writes.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = true;
        options.RespectNullableAnnotations = true;
        options.Converters.Add(new JsonStringEnumConverter());
        options.Converters.Add(new NonFiniteAsNull());
    }

    private static JsonSerializerOptions Create(bool indented)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = indented };
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>JSON has no NaN and no infinity; a loss may be either.</summary>
    private sealed class NonFiniteAsNull : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
