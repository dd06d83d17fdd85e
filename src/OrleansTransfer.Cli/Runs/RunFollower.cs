using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>Follows a run to its end, or to Ctrl-C, and says how it ended.</summary>
/// <param name="session">Where it runs.</param>
/// <param name="connection">How a further command finds it.</param>
/// <param name="output">Where to print.</param>
internal sealed class RunFollower(ClusterSession session, Connection connection, Output output)
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(20);

    /// <summary>Shows the run from event <paramref name="from"/> on and returns the exit code.</summary>
    public async Task<int> FollowAsync(ExperimentSnapshot experiment, long from, CancellationToken interrupted)
    {
        try
        {
            var events = new EventFollower(session.Api, TimeProvider.System, output.Note).FollowAsync(experiment.Id, from, interrupted);
            IRunView view = output.Live ? new LiveRunView(output) : new PlainRunView(output);
            await view.ShowAsync(experiment, events, interrupted);
            return RunConclusion.Print(await session.Api.FindAsync(experiment.Id, interrupted), connection, output);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return session.Embedded ? await CancelAsync(experiment.Id) : await DetachAsync(experiment.Id);
        }
    }

    private async Task<int> CancelAsync(string id)
    {
        output.Note($"Stopping {id}; Ctrl-C again ends at once.");
        using var limit = new CancellationTokenSource(CancelLimit);
        try
        {
            RunSummary.Of(await session.Api.CancelAsync(id, limit.Token)).Print(output);
        }
        catch (OperationCanceledException)
        {
            output.Note($"{id} did not stop within {CancelLimit.TotalSeconds:0} s; it ends with this process.");
        }
        output.Note($"Cancelled. To continue from the newest checkpoint: otx experiments resume {id}{connection.Suffix}");
        return ExitCodes.Interrupted;
    }

    private async Task<int> DetachAsync(string id)
    {
        if (output.Json)
        {
            using var limit = new CancellationTokenSource(CancelLimit);
            RunSummary.Of(await session.Api.FindAsync(id, limit.Token)).Print(output);
        }
        output.Note($"Detached; {id} goes on. To come back: otx experiments watch {id}{connection.Suffix}");
        return ExitCodes.Interrupted;
    }
}
