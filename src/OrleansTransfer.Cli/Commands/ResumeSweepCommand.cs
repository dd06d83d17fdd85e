using System.CommandLine;
using OrleansTransfer.Cli.Sweeps;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx sweep resume</c>: goes on with a sweep, if need be with a larger budget, and follows it.</summary>
internal static class ResumeSweepCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var id = SweepCommand.Id();
        var command = new Command(
            "resume", "Go on with a sweep that was paused, interrupted or cancelled, or has used its budget, and follow it.") { id };
        var trials = new Option<int?>("--trials") { Description = "New total of trials (search.budget.trials).", HelpName = "N" };
        var hours = new Option<double?>("--hours") { Description = "New total of hours; 0 for no limit (search.budget.hours).", HelpName = "H" };
        var deviceHours = new Option<double?>("--device-hours")
        {
            Description = "New total of hours of all devices together; 0 for no limit (search.budget.deviceHours).",
            HelpName = "H",
        };
        foreach (var option in (Option[])[trials, hours, deviceHours]) command.Add(option);
        var detach = new DetachOption(command);
        var offline = new OfflineOption(command);
        var connection = new ConnectionOptions(command, trains: true);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
        {
            var change = new BudgetChange(parse.GetValue(trials), parse.GetValue(hours), parse.GetValue(deviceHours));
            change.Check();
            var where = TrainCommand.WithWeights(connection.Read(parse), offline, parse, streams);
            return RunAsync(parse.GetRequiredValue(id), change, where, detach.Read(parse, where), output.Open(parse, streams), interrupted);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        string id, BudgetChange change, Connection connection, bool detach, Output output, CancellationToken interrupted)
    {
        SweepEnd end;
        await using (var session = await ClusterSession.OpenSweepOwnerAsync(connection, id, interrupted)
            ?? await ClusterSession.OpenAsync(connection, interrupted))
        {
            var before = await session.Api.FindSweepAsync(id, interrupted);
            var sweep = await session.Api.ResumeSweepAsync(before.Id, change.Of(before.Search.Budget), interrupted);
            if (output.Json) output.Note(sweep.Id);
            else output.Line(sweep.Id);
            if (detach) return SweepConclusion.PrintStarted(sweep, connection, output);
            end = await new SweepFollower(session.Api, session.Embedded, output).FollowAsync(sweep, known: before, interrupted);
        }
        return SweepConclusion.Print(end, connection, output);
    }

    /// <summary>What a user wants another budget to be; null for as before.</summary>
    private sealed record BudgetChange(int? Trials, double? Hours, double? DeviceHours)
    {
        /// <exception cref="CliException">A figure cannot be meant.</exception>
        public void Check()
        {
            if (Trials is < 1) throw new CliException($"--trials {Trials} is too few; expected at least 1.");
            if (Hours is < 0 or double.NaN) throw new CliException($"--hours {Hours} is no span of time; expected a number, or 0 for no limit.");
            if (DeviceHours is < 0 or double.NaN)
                throw new CliException($"--device-hours {DeviceHours} is no span of time; expected a number, or 0 for no limit.");
        }

        /// <summary>The new budget; null when nothing of it is to change.</summary>
        public SweepBudgetRecipe? Of(SweepBudgetRecipe before) => (Trials, Hours, DeviceHours) == (null, null, null)
            ? null
            : before with { Trials = Trials ?? before.Trials, Hours = Hours ?? before.Hours, DeviceHours = DeviceHours ?? before.DeviceHours };
    }
}
