using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>
/// The last words on a sweep: how it stands and what to do next. Printed after the session is closed, so that the root cause of a failure is the
/// last line.
/// </summary>
internal static class SweepConclusion
{
    /// <summary>Prints them and returns the exit code.</summary>
    public static int Print(SweepEnd end, Connection connection, Output output)
    {
        var (sweep, id, suffix) = (end.Sweep, end.Sweep.Id, connection.Suffix);
        if (output.Json || end.Kind != SweepEndKind.Detached) SweepSummary.Of(sweep).Print(output);
        if (end.Kind != SweepEndKind.Detached) foreach (var trouble in TrialTable.Troubles(sweep)) output.Note(trouble);
        switch (end.Kind, sweep.State)
        {
            case (SweepEndKind.Detached, _):
                output.Note($"Detached; {id} goes on. To come back: otx sweep watch {id}{suffix}");
                return ExitCodes.Interrupted;
            case (SweepEndKind.Paused, _) or (_, SweepState.Paused):
                output.Note($"Paused. To go on: otx sweep resume {id}{suffix}");
                return ExitCodes.Interrupted;
            case (_, SweepState.Completed) when sweep.Best is not null:
                output.Note($"""

                    Next:
                      otx sweep best {id}{suffix}
                      otx sweep report {id} --to {id}.html{suffix}
                      otx sweep resume {id} --trials {sweep.Search.Budget.Trials * 2}{suffix}
                    """);
                return ExitCodes.Done;
            case (_, SweepState.Completed):
                output.Note($"error: {id} has ended and no trial has a value.");
                return ExitCodes.Failed;
            case (_, SweepState.Failed):
                output.Note($"To go on once the cause is mended: otx sweep resume {id}{suffix}");
                output.Note($"error: {id} failed: {sweep.Reason ?? "no reason was given"}");
                return ExitCodes.Failed;
            case (_, SweepState.Running):
                output.Note($"error: {id} has not ended, and no process drives it. To go on: otx sweep resume {id}{suffix}");
                return ExitCodes.Failed;
            default:
                output.Note($"To go on: otx sweep resume {id}{suffix}");
                output.Note($"error: {id} did not finish; it is {sweep.State}{(sweep.Reason is { Length: > 0 } reason ? $": {reason}" : ".")}");
                return ExitCodes.Failed;
        }
    }

    /// <summary>Prints what to know of a sweep that was started and is not followed, and returns the exit code.</summary>
    public static int PrintStarted(SweepSnapshot sweep, Connection connection, Output output)
    {
        if (output.Json) output.Document(SweepSummary.Of(sweep));
        output.Note($"To follow it: otx sweep watch {sweep.Id}{connection.Suffix}");
        return ExitCodes.Done;
    }
}
