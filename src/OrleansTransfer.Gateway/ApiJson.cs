using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Gateway;

/// <summary>How the HTTP API writes and reads JSON; clients use the same.</summary>
public static class ApiJson
{
    /// <summary>Camel case, enums by name, <c>"NaN"</c> or <c>"Infinity"</c> for numbers that JSON lacks; unknown members are passed over.</summary>
    public static JsonSerializerOptions Options { get; } = Create(JsonUnmappedMemberHandling.Skip);

    /// <summary>The same, for what users write: members nobody knows are errors.</summary>
    public static JsonSerializerOptions Strict { get; } = Create(JsonUnmappedMemberHandling.Disallow);

    private static JsonSerializerOptions Create(JsonUnmappedMemberHandling unmapped)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.AllowNamedFloatingPointLiterals,
            UnmappedMemberHandling = unmapped,
            Converters = { new JsonStringEnumConverter() },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
