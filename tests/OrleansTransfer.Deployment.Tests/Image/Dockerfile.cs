using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansTransfer.Deployment.Tests.Image;

/// <summary>The instructions of the Dockerfile, in order.</summary>
internal static partial class Dockerfile
{
    public static IReadOnlyList<(string Name, string Value)> Instructions { get; } = Parse(Repository.Read("Dockerfile"));

    /// <summary>Values of the instructions of this name.</summary>
    public static IReadOnlyList<string> Of(string name) =>
        [.. Instructions.Where(instruction => instruction.Name == name).Select(instruction => instruction.Value)];

    /// <summary>Arguments of <c>dotnet</c> in the publish step, with the default of the build argument.</summary>
    public static IReadOnlyList<string> PublishArguments
    {
        get
        {
            var backend = Assert.Single(Of("ARG")).Split('=');
            var command = Assert.Single(Of("RUN"), run => run.Contains("dotnet publish", StringComparison.Ordinal));
            var words = command[command.IndexOf("publish", StringComparison.Ordinal)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return [.. words.Select(word => word.Replace($"${backend[0]}", backend[1], StringComparison.Ordinal))];
        }
    }

    /// <summary>The health check's program and arguments.</summary>
    public static IReadOnlyList<string> HealthCommand
    {
        get
        {
            var check = Assert.Single(Of("HEALTHCHECK"));
            return JsonSerializer.Deserialize<string[]>(check[check.IndexOf('[', StringComparison.Ordinal)..])!;
        }
    }

    /// <summary>Variables of the image.</summary>
    public static IReadOnlyDictionary<string, string> Environment => Variable().Matches(string.Join(' ', Of("ENV")))
        .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Trim('"'));

    private static List<(string Name, string Value)> Parse(string text)
    {
        var lines = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#');
        return [.. string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Select(Split)];
    }

    private static (string Name, string Value) Split(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return (line[..space], line[(space + 1)..].Trim());
    }

    [GeneratedRegex(@"([A-Z_]+)=(""[^""]*""|\S+)")]
    private static partial Regex Variable();
}
