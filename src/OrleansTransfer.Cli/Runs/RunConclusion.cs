using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Runs;

/// <summary>
/// The last words on a run: how it ended and what to do next. Printed after the session is closed, so that the root cause of a failure is the
/// last line.
/// </summary>
internal static class RunConclusion
{
    /// <summary>Prints them and returns the exit code.</summary>
    public static int Print(RunEnd end, Connection connection, Output output)
    {
        var (experiment, id, suffix) = (end.Experiment, end.Experiment.Id, connection.Suffix);
        if (output.Json || end.Kind != RunEndKind.Detached) RunSummary.Of(experiment).Print(output);
        switch (end.Kind, experiment.State)
        {
            case (RunEndKind.Detached, _):
                output.Note($"Detached; {id} goes on. To come back: otx experiments watch {id}{suffix}");
                return ExitCodes.Interrupted;
            case (RunEndKind.Cancelled, _):
                output.Note($"Cancelled. To continue from the newest checkpoint: otx experiments resume {id}{suffix}");
                return ExitCodes.Interrupted;
            case (_, ExperimentState.Completed):
                var isTexts = experiment.Recipe.Task == TaskWords.Texts;
                var (sample, samples) = isTexts ? ("<text or file>", "<table>") : ("<picture or folder>", "<folder>");
                output.Note($"""

                    Next:
                      otx predict {id} {sample}{suffix}
                      otx evaluate {id} {samples}{suffix}
                      otx export {id} --to <folder>{suffix}
                    """);
                return ExitCodes.Done;
            case (_, ExperimentState.Failed):
                output.Note($"To continue from the newest checkpoint: otx experiments resume {id}{suffix}");
                output.Note($"error: {id} failed: {experiment.Reason ?? "no reason was given"}");
                return ExitCodes.Failed;
            default:
                output.Note($"To continue from the newest checkpoint: otx experiments resume {id}{suffix}");
                output.Note($"error: {id} did not finish; it is {experiment.State}{(experiment.Reason is { } reason ? $": {reason}" : ".")}");
                return ExitCodes.Failed;
        }
    }

    /// <summary>Prints what to know of a run that was queued and is not followed, and returns the exit code.</summary>
    public static int PrintQueued(ExperimentSnapshot experiment, Connection connection, Output output)
    {
        if (output.Json) output.Document(RunSummary.Of(experiment));
        output.Note($"To follow it: otx experiments watch {experiment.Id}{connection.Suffix}");
        return ExitCodes.Done;
    }
}
