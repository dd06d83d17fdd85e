using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>How a run ended and what to do next.</summary>
internal static class RunConclusion
{
    /// <summary>Prints how an ended run ended and returns the exit code.</summary>
    public static int Print(ExperimentSnapshot experiment, Connection connection, Output output)
    {
        RunSummary.Of(experiment).Print(output);
        var (id, suffix) = (experiment.Id, connection.Suffix);
        switch (experiment.State)
        {
            case ExperimentState.Completed:
                output.Note($"""

                    Next:
                      otx predict {id} <picture or folder>{suffix}
                      otx evaluate {id} <folder>{suffix}
                      otx export {id} --to <folder>{suffix}
                    """);
                return ExitCodes.Done;
            case ExperimentState.Failed:
                output.Note($"To continue from the newest checkpoint: otx experiments resume {id}{suffix}");
                output.Note($"error: {id} failed: {experiment.Reason ?? "no reason was given"}");
                return ExitCodes.Failed;
            default:
                output.Note($"To continue from the newest checkpoint: otx experiments resume {id}{suffix}");
                output.Note($"error: {id} did not finish; it is {experiment.State}{(experiment.Reason is { } reason ? $": {reason}" : ".")}");
                return ExitCodes.Failed;
        }
    }
}
