using System.Text.Json;

namespace OrleansTransfer.Deployment.Tests.Chart;

/// <summary>The table of values in the chart's README, as schema and defaults have it.</summary>
internal static class ValueTable
{
    /// <summary>One row of Markdown for each value.</summary>
    public static IReadOnlyList<string> Rows(JsonElement schema, JsonElement values) => [.. Rows("", schema, values)];

    private static IEnumerable<string> Rows(string prefix, JsonElement schema, JsonElement? values)
    {
        foreach (var property in schema.GetProperty("properties").EnumerateObject().Where(property => property.Name != "global"))
        {
            var path = $"{prefix}{property.Name}";
            var known = values is { ValueKind: JsonValueKind.Object };
            JsonElement? value = known && values!.Value.TryGetProperty(property.Name, out var found) ? found : null;
            if (path == "pools")
            {
                yield return Row(path, property.Value, "one pool `cpu`");
                var pool = property.Value.GetProperty("additionalProperties");
                foreach (var row in Rows("pools.NAME.", pool, value?.GetProperty("cpu"))) yield return row;
            }
            else if (property.Value.TryGetProperty("properties", out _))
            {
                foreach (var row in Rows($"{path}.", property.Value, value)) yield return row;
            }
            else
            {
                yield return Row(path, property.Value, value is { } shown ? $"`{shown.GetRawText()}`" : "");
            }
        }
    }

    private static string Row(string path, JsonElement schema, string value) =>
        $"| `{path}` | {value} | {(schema.TryGetProperty("description", out var text) ? text.GetString() : "")} |";
}
