using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Host;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx node</c>: starts a node and runs it until it is told to stop.</summary>
internal static class NodeCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command("node", "Start a node; one line of JSON on standard output says when it is ready.");
        var settings = new NodeSettingOptions(command);
        command.SetAction((parse, stop) => RunAsync(settings.Read(parse), streams, stop));
        return command;
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
