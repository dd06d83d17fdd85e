using Orleans.Placement;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>The owner of one device, on the device's node for as long as the node lives. What it computes runs on a thread of its own (<see cref="WorkerRun"/>).</summary>
[NodePinned, Immovable(ImmovableKind.Any), KeepAlive]
public sealed class WorkerGrain(WorkerRunFactory runs) : Grain, IWorkerGrain
{
    private WorkerRun? _run;

    /// <inheritdoc/>
    public async Task Start(WorkerAssignment assignment)
    {
        if (_run is { } earlier)
        {
            if (earlier.Assignment.Experiment == assignment.Experiment && earlier.Assignment.Generation >= assignment.Generation && !earlier.Completion.IsCompleted)
                return;
            earlier.Stop($"Generation {assignment.Generation} of {assignment.Experiment} follows.");
            try
            {
                await earlier.Completion.WaitAsync(StopDeadline);
            }
            catch (TimeoutException e)
            {
                throw new InvalidOperationException(
                    $"the device still computes for {earlier.Assignment.Experiment}, {StopDeadline.TotalSeconds:0} s after it was told to stop.", e);
            }
        }
        _run = runs.Start(WorkerAddress.Parse(this.GetPrimaryKeyString()), assignment);
    }

    /// <inheritdoc/>
    public Task Stop(string experiment, int generation, string reason)
    {
        if (_run is { } run && run.Assignment.Experiment == experiment && run.Assignment.Generation <= generation) run.Stop(reason);
        return Task.CompletedTask;
    }

    // A run notices at its next step, and a step of a large network on a slow device takes a while.
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(25);
}
