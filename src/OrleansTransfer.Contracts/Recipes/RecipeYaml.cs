using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTransfer.Contracts.Recipes;

/// <summary>The YAML that recipes are written in, as nodes, and nodes in words.</summary>
internal static class RecipeYaml
{
    /// <summary>Keys and values of a text; null where it is empty or, which is reported, none.</summary>
    public static YamlMappingNode? Load(string text, ProblemLog problems)
    {
        try
        {
            var documents = DocumentsOf(text);
            if (documents.Count == 0) return null;
            var root = documents[0].RootNode;
            if (documents.Count > 1)
                problems.Report("", $"The text holds {documents.Count} YAML documents; a recipe is one.", LineOf(documents[1].RootNode));
            else if (root is YamlMappingNode mapping)
                return mapping;
            else if (!IsNull(root))
                problems.Report("", $"A recipe consists of keys and values (key: value); found {Describe(root)}.", LineOf(root));
        }
        catch (YamlException error)
        {
            problems.Report("", $"The text is not valid YAML: {error.Message.TrimEnd('.')}.", (int)error.Start.Line);
        }
        return null;
    }

    /// <summary>The value that an override says; null where it is, which is reported, none.</summary>
    public static YamlNode? LoadValue(string path, string text, ProblemLog problems)
    {
        try
        {
            if (DocumentsOf(text) is [{ RootNode: { } value }]) return value;
            problems.Report(path, $"The override says '{text}'; expected one value.");
        }
        catch (YamlException error)
        {
            problems.Report(path, $"The override says '{text}', which is not valid YAML: {error.Message.TrimEnd('.')}.");
        }
        return null;
    }

    /// <summary>The entries of a section whose keys are words; others are reported.</summary>
    public static IEnumerable<(string Name, int Line, YamlNode Value)> EntriesOf(string section, YamlMappingNode mapping, ProblemLog problems)
    {
        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name }) yield return (name, LineOf(key), value);
            else problems.Report(section, $"A key must be a word; found {Describe(key)}.", LineOf(key));
        }
    }

    /// <summary>Whether a node says nothing.</summary>
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>Line where a node begins, from 1.</summary>
    public static int LineOf(YamlNode node) => (int)node.Start.Line;

    /// <summary>What a node is, for messages.</summary>
    public static string Describe(YamlNode node) => node switch
    {
        _ when IsNull(node) => "no value",
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => scalar.Value!,
        YamlScalarNode scalar => $"the text \"{scalar.Value}\"",
        YamlSequenceNode => "a list",
        YamlMappingNode => "keys and values",
        _ => "something else",
    };

    private static IList<YamlDocument> DocumentsOf(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents;
    }
}
