using System.CommandLine;
using OrleansTransfer.Host;
using OrleansTransfer.Host.Configuration;

namespace OrleansTransfer.Cli.Commands;

/// <summary>The options of a node on a command.</summary>
internal sealed class NodeSettingOptions
{
    private readonly List<(string Option, Func<ParseResult, string?> Text)> _options = [];

    public NodeSettingOptions(Command command)
    {
        Add(command, NodeConfiguration.FileOption, NodeConfiguration.FileVariable, "FILE", NodeConfiguration.FileDescription);
        foreach (var setting in NodeSetting.All) Add(command, setting.Option, setting.Variable, setting.Value, setting.Description);
    }

    /// <summary>What the command line gives, and for the rest the environment and the configuration file.</summary>
    /// <exception cref="NodeStartException">Something is wrong.</exception>
    public NodeOptions Read(ParseResult parse)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (option, text) in _options)
            if (text(parse) is { } value) given[option] = value;
        var options = NodeConfiguration.Read(given, EnvironmentVariables.Get);
        return options with { StateLocation = StateLocation.Resolve(options.StateLocation) };
    }

    private void Add(Command command, string name, string variable, string? value, string description)
    {
        description = $"{description.TrimEnd('.')} ({variable}).";
        if (value is null)
        {
            var flag = new Option<bool>(name) { Description = description };
            command.Add(flag);
            _options.Add((name, parse => parse.GetValue(flag) ? "1" : null));
            return;
        }
        var option = new Option<string?>(name) { Description = description, HelpName = value };
        command.Add(option);
        _options.Add((name, parse => parse.GetValue(option)));
    }
}
