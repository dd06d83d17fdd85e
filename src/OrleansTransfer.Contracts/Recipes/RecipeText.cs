using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>Writes single values the way a recipe holds them.</summary>
public static partial class RecipeText
{
    /// <summary>The value as YAML that <see cref="RecipeReader"/> reads back to an equal one.</summary>
    /// <param name="value">A string, list of strings, long or double.</param>
    public static string Of(object value) => value switch
    {
        string text => Quote(text),
        IEnumerable<string> list => $"[{string.Join(", ", list.Select(Quote))}]",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"A recipe holds no {value.GetType()}.", nameof(value)),
    };

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A JSON string is a double-quoted YAML scalar, escapes included.
    private static string Quote(string text) =>
        Plain().IsMatch(text) && !text.Equals("null", StringComparison.OrdinalIgnoreCase) ? text : JsonSerializer.Serialize(text, Readable);

    [GeneratedRegex(@"\A[A-Za-z0-9_./][A-Za-z0-9_./:*+-]*(?<!:)\z")]
    private static partial Regex Plain();
}
