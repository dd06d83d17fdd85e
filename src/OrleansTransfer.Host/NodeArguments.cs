using OrleansTransfer.Host.Configuration;

namespace OrleansTransfer.Host;

/// <summary>The command line of <c>otx-node</c>, which has the options of <c>otx node</c>.</summary>
internal static class NodeArguments
{
    private static readonly string s_usage = string.Concat(
        NodeSetting.All.Select(setting => $" [{setting.Option}{(setting.Value is null ? "" : $" {setting.Value}")}]")
            .Prepend($"otx-node [{NodeConfiguration.FileOption} FILE]"));

    public static NodeOptions Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            var setting = NodeSetting.All.FirstOrDefault(setting => setting.Option == option);
            if (setting is null && option != NodeConfiguration.FileOption)
                throw new NodeStartException($"There is no option '{option}'. Usage: {s_usage}");
            if (setting is { Value: null }) given[option] = "1";
            else if (++i < arguments.Count) given[option] = arguments[i];
            else throw new NodeStartException($"The option {option} needs a value. Usage: {s_usage}");
        }
        return NodeConfiguration.Read(given, environment);
    }
}
