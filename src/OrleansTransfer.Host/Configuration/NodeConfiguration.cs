namespace OrleansTransfer.Host.Configuration;

/// <summary>
/// Puts a node's options together: those of the command line win over environment variables, and those over a configuration file, which either of
/// them names. Everything that is wrong is said at once.
/// </summary>
public static class NodeConfiguration
{
    /// <summary>Option and variable that name the configuration file.</summary>
    public const string FileOption = "--config", FileVariable = "OTX_CONFIG";

    /// <summary>What the file is, for those who ask for help.</summary>
    public const string FileDescription =
        "YAML file of these options by their names without dashes (rate-limit: 100); variables and the command line win over it.";

    /// <summary>The options of a node.</summary>
    /// <param name="commandLine">Texts by option, such as <c>--name</c>; a switch that is given is 1.</param>
    /// <param name="environment">Texts by variable; null and empty ones are not given.</param>
    /// <exception cref="NodeStartException">Something is wrong; says everything that is, and where it was given.</exception>
    public static NodeOptions Read(IReadOnlyDictionary<string, string> commandLine, Func<string, string?> environment)
    {
        string? Variable(string name) => environment(name) is { Length: > 0 } text ? text : null;
        List<string> problems = [];
        var path = commandLine.GetValueOrDefault(FileOption) ?? Variable(FileVariable);
        var file = path is null ? new Dictionary<string, string>() : NodeConfigurationFile.Read(path, problems);
        var variables = NodeSetting.All.ToDictionary(setting => setting, setting => Variable(setting.Variable));
        Layer[] nearestFirst =
        [
            new(setting => commandLine.GetValueOrDefault(setting.Option), setting => setting.Option),
            new(setting => variables[setting], setting => setting.Variable),
            new(setting => file.GetValueOrDefault(setting.Key), setting => $"{setting.Key} in {path}"),
        ];
        var way = nearestFirst.FirstOrDefault(layer => (layer.Text(NodeSetting.Join) ?? layer.Text(NodeSetting.Redis)) is not null);

        var options = new NodeOptions();
        foreach (var setting in NodeSetting.All)
        {
            var layer = setting == NodeSetting.Join || setting == NodeSetting.Redis
                ? way
                : nearestFirst.FirstOrDefault(layer => layer.Text(setting) is not null);
            if (layer?.Text(setting) is not { } text) continue;
            try
            {
                options = setting.Apply(options, text);
            }
            catch (NodeStartException exception)
            {
                problems.Add($"{layer.Place(setting)}: {exception.Message}");
            }
        }
        if (problems.Count == 0) return options;
        NodePlan.Protect(options, problems);
        throw NodeStartException.Of(problems);
    }

    /// <summary>One place where options are given.</summary>
    /// <param name="Text">What it gives; null where it does not.</param>
    /// <param name="Place">What users call it.</param>
    private sealed record Layer(Func<NodeSetting, string?> Text, Func<NodeSetting, string> Place);
}
