using System.CommandLine;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx cluster</c>.</summary>
internal static class ClusterCommand
{
    public static Command Create(IConsoleStreams streams) => new("cluster", "Look at the cluster.") { CreateStatus(streams) };

    private static Command CreateStatus(IConsoleStreams streams)
    {
        var command = new Command("status", "Nodes, devices and queue.");
        var connection = new ConnectionOptions(command, trains: true);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => StatusAsync(connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static async Task<int> StatusAsync(Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ClusterSession.OpenAsync(connection, interrupted);
        var status = await session.Api.GetStatusAsync(interrupted);
        if (output.Json)
        {
            output.Document(status);
            return ExitCodes.Done;
        }

        output.Table(["NODE", "DEVICE", "EXPERIMENT", "SILO", "HTTP"], status.Nodes.SelectMany(node =>
            node.Devices.Select(device => (string[])[node.Name, device.Name, device.Experiment ?? "-", node.Silo, node.Http])
                .DefaultIfEmpty([node.Name, "-", "-", node.Silo, node.Http])));
        output.Line();
        if (status.Queue.Count == 0) output.Line("Nothing waits.");
        else
        {
            output.Table(["WAITING", "WORKERS", "PRIORITY", "SINCE", "REASON"], status.Queue.Select(entry =>
                (string[])[entry.Experiment, $"{entry.Workers}", $"{entry.Priority}", Figures.Time(entry.Since), entry.Reason]));
        }
        return ExitCodes.Done;
    }
}
