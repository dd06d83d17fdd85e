using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Host;
using OrleansTransfer.Host.Security;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx node</c>: starts a node and runs it until it is told to stop.</summary>
internal static class NodeCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var name = new Option<string?>("--name") { Description = "Name of the node, unique in the cluster.", HelpName = "NAME" };
        var portOffset = new Option<int>("--port-offset")
        {
            Description = "Added to the ports 11111 (silo), 30000 (gateway) and 8080 (HTTP).",
            HelpName = "N",
        };
        var join = new Option<string?>("--join")
        {
            Description = "Silo of the cluster's first node, for instance 127.0.0.1:11111; when that node goes, this one stops.",
            HelpName = "HOST:PORT",
        };
        var redis = new Option<string?>("--redis")
        {
            Description = "Redis server that keeps the cluster's membership, so that any node may go (OTX_REDIS, which hides a password).",
            HelpName = "HOST:PORT[,options]",
        };
        var cluster = new Option<string?>("--cluster-id")
        {
            Description = "Name of the cluster; one Redis server can keep several (OTX_CLUSTER_ID; default otx).",
            HelpName = "NAME",
        };
        var advertise = new Option<string?>("--advertise")
        {
            Description = "IP address of this machine under which other nodes and clients reach this one (default 127.0.0.1).",
            HelpName = "ADDRESS",
        };
        var devices = new Option<string?>("--devices")
        {
            Description = "What it offers: cpu:2, or cuda:0,cuda:1, or none (default: all CUDA devices, else every CPU core).",
            HelpName = "LIST",
        };
        var state = new Option<string?>("--state") { Description = "Folder for the cluster's state (OTX_STATE; default ./.otx).", HelpName = "DIR" };
        var command = new Command("node", "Start a node; one line of JSON on standard output says when it is ready.")
        {
            name, portOffset, join, redis, cluster, advertise, devices, state,
        };
        var security = SecuritySetting.All.Select(SecurityOption.Of).ToList();
        foreach (var option in security) command.Add(option.Symbol);
        command.SetAction((parse, stop) => RunAsync(
            new NodeOptions
            {
                Name = parse.GetValue(name),
                PortOffset = parse.GetValue(portOffset),
                Join = parse.GetValue(join),
                Redis = parse.GetValue(redis) ?? (parse.GetValue(join) is null ? EnvironmentVariables.Get("OTX_REDIS") : null),
                ClusterId = parse.GetValue(cluster) ?? EnvironmentVariables.Get("OTX_CLUSTER_ID") ?? new NodeOptions().ClusterId,
                Advertise = parse.GetValue(advertise),
                Devices = parse.GetValue(devices),
                StateLocation = StateLocation.Resolve(parse.GetValue(state)),
                Security = security.Aggregate(
                    SecuritySetting.FromEnvironment(EnvironmentVariables.Get), (options, option) => option.Apply(options, parse)),
            },
            streams,
            stop));
        return command;
    }

    private sealed record SecurityOption(Option Symbol, Func<SecurityOptions, ParseResult, SecurityOptions> Apply)
    {
        public static SecurityOption Of(SecuritySetting setting)
        {
            var description = $"{setting.Description.TrimEnd('.')} ({setting.Variable}).";
            if (setting.Value is null)
            {
                var flag = new Option<bool>(setting.Option) { Description = description };
                return new(flag, (options, parse) => parse.GetValue(flag) ? setting.Apply(options, "1") : options);
            }
            var option = new Option<string?>(setting.Option) { Description = description, HelpName = setting.Value };
            return new(option, (options, parse) => parse.GetValue(option) is { } value ? setting.Apply(options, value) : options);
        }
    }

    private static async Task<int> RunAsync(NodeOptions options, IConsoleStreams streams, CancellationToken stop)
    {
        try
        {
            await using var node = await Embedding.StartNodeAsync(options, stop);
            streams.Out.WriteLine(node.ReadyLine);
            await streams.Out.FlushAsync(stop);
            await using (stop.Register(() => streams.Error.WriteLine(node.LeavingLine)))
                await node.WaitForShutdownAsync(stop);
            if (node.Fault is { } fault) throw new CliException(fault, ExitCodes.Failed);
        }
        catch (ClusterNotFoundException exception)
        {
            throw new CliException(exception.Message, ExitCodes.Unreachable, exception);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Being told to stop is how a node ends.
        }
        return ExitCodes.Done;
    }
}
