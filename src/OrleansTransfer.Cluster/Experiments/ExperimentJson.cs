using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>How experiments and their events are stored: camel case, states by name, numbers that are not finite as named literals.</summary>
public static class ExperimentJson
{
    /// <summary>The one set of options.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };
}
