using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Sweeps;

/// <summary>Follows a sweep to its end, or to Ctrl-C, which pauses a sweep of this process and leaves a remote one alone.</summary>
/// <param name="api">Where it runs.</param>
/// <param name="embedded">Whether that is this process.</param>
/// <param name="output">Where to show it.</param>
internal sealed class SweepFollower(IClusterApi api, bool embedded, Output output)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    /// <summary>Shows the sweep until nothing more happens to it.</summary>
    /// <param name="sweep">The sweep as it is.</param>
    /// <param name="known">The sweep when its user last looked: what is as it was then is not told; null for never.</param>
    /// <param name="interrupted">Cancelled by Ctrl-C.</param>
    public async Task<SweepEnd> FollowAsync(SweepSnapshot sweep, SweepSnapshot? known, CancellationToken interrupted)
    {
        try
        {
            var sweeps = new SweepPoller(api, TimeProvider.System, output.Note).PollAsync(sweep.Id, interrupted);
            ISweepView view = output.Live ? new LiveSweepView(output) : new PlainSweepView(output);
            await view.ShowAsync(known, sweeps, interrupted);
            return new(SweepEndKind.Ended, await api.FindSweepAsync(sweep.Id, interrupted));
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return embedded ? await PauseAsync(sweep) : await DetachAsync(sweep);
        }
    }

    private async Task<SweepEnd> PauseAsync(SweepSnapshot sweep)
    {
        output.Note($"Pausing {sweep.Id}; Ctrl-C again ends at once.");
        using var limit = new CancellationTokenSource(AnswerLimit);
        try
        {
            return new(SweepEndKind.Paused, await api.PauseSweepAsync(sweep.Id, limit.Token));
        }
        catch (OperationCanceledException)
        {
            output.Note($"{sweep.Id} did not pause within {AnswerLimit.TotalSeconds:0} s; its trials end with this process.");
            return new(SweepEndKind.Paused, sweep);
        }
    }

    private async Task<SweepEnd> DetachAsync(SweepSnapshot sweep)
    {
        using var limit = new CancellationTokenSource(AnswerLimit);
        try
        {
            return new(SweepEndKind.Detached, await api.FindSweepAsync(sweep.Id, limit.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or ClusterUnreachableException)
        {
            return new(SweepEndKind.Detached, sweep);
        }
    }
}
