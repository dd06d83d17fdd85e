using System.Globalization;
using OrleansTransfer.Host.Security;

namespace OrleansTransfer.Host;

/// <summary>
/// The command line of <c>otx-node</c>: the options of <c>otx node</c>, each also as an environment variable such as <c>OTX_PORT_OFFSET</c>.
/// </summary>
internal static class NodeArguments
{
    private static readonly string s_usage =
        "otx-node [--name S] [--port-offset N] [--join SILO-HOST:PORT | --redis HOST:PORT[,options]] [--cluster-id S] [--advertise ADDRESS]" +
        " [--devices cpu:2] [--state DIR] [--quiet]"
        + string.Concat(SecuritySetting.All.Select(setting => $" [{setting.Option}{(setting.Value is null ? "" : $" {setting.Value}")}]"));

    public static NodeOptions Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var options = new NodeOptions
        {
            Name = environment("OTX_NAME"),
            ClusterId = environment("OTX_CLUSTER_ID") ?? new NodeOptions().ClusterId,
            Advertise = environment("OTX_ADVERTISE"),
            Devices = environment("OTX_DEVICES"),
            StateLocation = environment("OTX_STATE") ?? new NodeOptions().StateLocation,
            PortOffset = environment("OTX_PORT_OFFSET") is { } offset ? Number(offset) : 0,
            Security = SecuritySetting.FromEnvironment(environment),
        };
        for (var i = 0; i < arguments.Count; i++)
        {
            if (SecuritySetting.All.FirstOrDefault(setting => setting.Option == arguments[i]) is { } security)
            {
                var value = security.Value is null ? "1" : Value(arguments, ref i);
                options = options with { Security = security.Apply(options.Security, value) };
                continue;
            }
            options = arguments[i] switch
            {
                "--name" => options with { Name = Value(arguments, ref i) },
                "--port-offset" => options with { PortOffset = Number(Value(arguments, ref i)) },
                "--join" => options with { Join = Value(arguments, ref i) },
                "--redis" => options with { Redis = Value(arguments, ref i) },
                "--cluster-id" => options with { ClusterId = Value(arguments, ref i) },
                "--advertise" => options with { Advertise = Value(arguments, ref i) },
                "--devices" => options with { Devices = Value(arguments, ref i) },
                "--state" => options with { StateLocation = Value(arguments, ref i) },
                "--quiet" => options with { QuietLogs = true },
                var unknown => throw new NodeStartException($"There is no option '{unknown}'. Usage: {s_usage}"),
            };
        }

        // Two ways to find one cluster: a way given here replaces the other one, not only its own variable.
        return options is { Join: null, Redis: null } ? options with { Join = environment("OTX_JOIN"), Redis = environment("OTX_REDIS") } : options;
    }

    private static string Value(IReadOnlyList<string> arguments, ref int i) =>
        ++i < arguments.Count ? arguments[i] : throw new NodeStartException($"The option {arguments[i - 1]} needs a value. Usage: {s_usage}");

    private static int Number(string value) => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new NodeStartException($"The port offset '{value}' is not a whole number.");
}
