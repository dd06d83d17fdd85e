using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Host;

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
            Description = "Silo of a node of the cluster to join, for instance 127.0.0.1:11111.",
            HelpName = "HOST:PORT",
        };
        var devices = new Option<string?>("--devices")
        {
            Description = "What it offers: cpu:2, or cuda:0,cuda:1 (default: all CUDA devices, else every CPU core).",
            HelpName = "LIST",
        };
        var state = new Option<string?>("--state") { Description = "Folder for the cluster's state (OTX_STATE; default ./.otx).", HelpName = "DIR" };
        var command = new Command("node", "Start a node; one line of JSON on standard output says when it is ready.")
        {
            name, portOffset, join, devices, state,
        };
        command.SetAction((parse, stop) => RunAsync(
            new NodeOptions
            {
                Name = parse.GetValue(name),
                PortOffset = parse.GetValue(portOffset),
                Join = parse.GetValue(join),
                Devices = parse.GetValue(devices),
                StateLocation = StateLocation.Resolve(parse.GetValue(state)),
            },
            streams,
            stop));
        return command;
    }

    private static async Task<int> RunAsync(NodeOptions options, IConsoleStreams streams, CancellationToken stop)
    {
        try
        {
            await using var node = await Embedding.StartNodeAsync(options, stop);
            streams.Out.WriteLine(node.ReadyLine);
            await streams.Out.FlushAsync(stop);
            await node.WaitForShutdownAsync(stop);
            if (node.Fault is { } fault) throw new CliException(fault, ExitCodes.Failed);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Being told to stop is how a node ends.
        }
        return ExitCodes.Done;
    }
}
