using System.Text;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>Writes recipes in full, every key with its value, as <see cref="RecipeReader"/> reads them.</summary>
public static class RecipeWriter
{
    /// <summary>The recipe as YAML.</summary>
    public static string ToYaml(Recipe recipe) => Write(RecipeSchema.Keys.Select(key => (key.Path, RecipeText.Of(key.Get(recipe)), "")));

    /// <summary>The recipe as YAML with a comment at each key on where its value came from.</summary>
    /// <param name="reading">What the reader gave.</param>
    /// <param name="sourceName">Name of the recipe's text.</param>
    public static string Explain(RecipeReading reading, string sourceName) =>
        Write(reading.Settings.Select(setting => (setting.Path, RecipeText.Of(setting.Value), Source(setting, sourceName))));

    private static string Source(RecipeSetting setting, string sourceName) => setting.Origin switch
    {
        RecipeOrigin.Recipe => $"{sourceName}, line {setting.Line}",
        RecipeOrigin.Set => "--set",
        _ => "default",
    };

    private static string Write(IEnumerable<(string Path, string Value, string Comment)> lines)
    {
        var yaml = new StringBuilder();
        string[] open = [];
        foreach (var (path, value, comment) in lines)
        {
            var parts = path.Split('.');
            var shared = open.Zip(parts[..^1]).TakeWhile(pair => pair.First == pair.Second).Count();
            for (var depth = shared; depth < parts.Length - 1; depth++) yaml.Append(' ', depth * 2).Append(parts[depth]).Append(":\n");
            open = parts[..^1];

            var line = $"{new string(' ', open.Length * 2)}{parts[^1]}: {value}";
            yaml.Append(comment.Length == 0 ? line : $"{line,-50}  # {comment}").Append('\n');
        }
        return yaml.ToString();
    }
}
