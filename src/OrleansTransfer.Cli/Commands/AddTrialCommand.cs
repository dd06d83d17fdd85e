using System.CommandLine;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep add</c>: a trial by hand.</summary>
internal static class AddTrialCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var sets = new Option<string[]>("--set")
        {
            Description = "A value of the trial, for instance --set training.optimizer.learningRate=1e-3; one for each parameter of the search.",
            HelpName = "PATH=VALUE",
            Required = true,
        };
        var command = new Command("add", "Add a trial by hand; it is started before any that the sampler suggests.") { id, sets };
        var connection = new ConnectionOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) => RunAsync(
            parse.GetRequiredValue(id), ValuesOf(parse.GetValue(sets) ?? []), connection.Read(parse), output.Open(parse, streams), interrupted));
        return command;
    }

    private static Dictionary<string, string> ValuesOf(IEnumerable<string> sets)
    {
        var values = new Dictionary<string, string>();
        foreach (var set in sets)
        {
            var equals = set.IndexOf('=');
            if (equals <= 0) throw new CliException($"'{set}' is not of the form path=value, for instance training.optimizer.learningRate=1e-3.");
            var path = set[..equals].Trim();
            if (!values.TryAdd(path, set[(equals + 1)..].Trim()))
                throw new CliException($"'{path}' is given twice; a trial has one value for each parameter.");
        }
        return values;
    }

    private static async Task<int> RunAsync(
        string id, IReadOnlyDictionary<string, string> values, Connection connection, Output output, CancellationToken interrupted)
    {
        await using var session = await ClusterSession.OpenSweepOwnerAsync(connection, id, interrupted)
            ?? throw new CliException(
                $"No process drives the sweep '{id}', so none can take a trial. First go on with it: otx sweep resume {id}{connection.Suffix}");
        var sweep = await session.Api.FindSweepAsync(id, interrupted);
        sweep = await session.Api.AddTrialAsync(sweep.Id, values, interrupted);
        if (output.Json) output.Document(SweepSummary.Of(sweep));
        else output.Line($"Added to {sweep.Id}; trials added by hand that wait to be started: {sweep.Waiting}.");
        return ExitCodes.Done;
    }
}
