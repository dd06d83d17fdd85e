using OrleansTransfer.Contracts.Recipes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Host.Configuration;

/// <summary>A node's configuration file: YAML, or JSON, which is YAML, with an option's name and its value on each line.</summary>
internal static class NodeConfigurationFile
{
    /// <summary>The texts by option's name, without dashes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problems">Is told what is wrong; what is wrong is left out.</param>
    public static IReadOnlyDictionary<string, string> Read(string path, List<string> problems)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var document = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            document.Load(reader);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"The configuration file cannot be read: {exception.Message}");
            return texts;
        }
        catch (YamlException exception)
        {
            // Its own message may quote the line, which may hold a password.
            problems.Add($"{path}, line {exception.Start.Line}: this is not YAML.");
            return texts;
        }

        if (document.Documents.Count == 0) return texts;
        if (document.Documents[0].RootNode is not YamlMappingNode root)
        {
            problems.Add($"{path}: expected options of a node, for instance 'devices: cpu:2'.");
            return texts;
        }
        foreach (var (key, value) in root.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (NodeSetting.All.All(setting => setting.Key != name))
                problems.Add($"{path}, line {key.Start.Line}: there is no option '{name}'; the nearest is "
                    + $"'{NearestName.Of(name, NodeSetting.All.Select(setting => setting.Key))}'.");
            else if (value is YamlScalarNode { Value: { Length: > 0 } text }) texts[name] = text;
            else problems.Add($"{path}, line {value.Start.Line}: {name} takes one value.");
        }
        return texts;
    }
}
