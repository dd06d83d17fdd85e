using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Runs;

/// <summary>Follows a run to its end, or to Ctrl-C, which stops a run of this process and leaves a remote one alone.</summary>
/// <param name="session">Where it runs.</param>
/// <param name="output">Where to show it.</param>
/// <param name="view">How to show it; null for what suits the output.</param>
internal sealed class RunFollower(ClusterSession session, Output output, IRunView? view = null)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    /// <summary>Shows the run from event <paramref name="from"/> on.</summary>
    public async Task<RunEnd> FollowAsync(ExperimentSnapshot experiment, long from, CancellationToken interrupted)
    {
        try
        {
            var events = new EventFollower(session.Api, TimeProvider.System, output.Note).FollowAsync(experiment.Id, from, interrupted);
            await (view ?? (output.Live ? new LiveRunView(output) : new PlainRunView(output))).ShowAsync(experiment, events, interrupted);
            return new(RunEndKind.Ended, await session.Api.FindAsync(experiment.Id, interrupted));
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return session.Embedded ? await CancelAsync(experiment) : await DetachAsync(experiment);
        }
    }

    private async Task<RunEnd> CancelAsync(ExperimentSnapshot experiment)
    {
        output.Note($"Stopping {experiment.Id}; Ctrl-C again ends at once.");
        using var limit = new CancellationTokenSource(AnswerLimit);
        try
        {
            return new(RunEndKind.Cancelled, await session.Api.CancelAsync(experiment.Id, limit.Token));
        }
        catch (OperationCanceledException)
        {
            output.Note($"{experiment.Id} did not stop within {AnswerLimit.TotalSeconds:0} s; it ends with this process.");
            return new(RunEndKind.Cancelled, experiment);
        }
    }

    private async Task<RunEnd> DetachAsync(ExperimentSnapshot experiment)
    {
        using var limit = new CancellationTokenSource(AnswerLimit);
        try
        {
            return new(RunEndKind.Detached, await session.Api.FindAsync(experiment.Id, limit.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or ClusterUnreachableException)
        {
            return new(RunEndKind.Detached, experiment);
        }
    }
}
