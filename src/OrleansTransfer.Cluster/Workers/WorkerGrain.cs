using Orleans.Placement;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>
/// The way to a device's <see cref="WorkerRun"/>, on the device's node for as long as the node lives. It holds nothing itself: an activation may go at any
/// time, and the run stays.
/// </summary>
[NodePinned, Immovable(ImmovableKind.Any), KeepAlive]
public sealed class WorkerGrain(WorkerRunFactory runs) : Grain, IWorkerGrain
{
    // A run notices at its next step, and a step of a large network on a slow device takes a while.
    private static readonly TimeSpan s_stopDeadline = TimeSpan.FromSeconds(25);

    private WorkerAddress Worker => WorkerAddress.Parse(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public async Task Prepare(WorkerAssignment assignment)
    {
        if (runs.Find(Worker) is { } earlier)
        {
            var same = earlier.Assignment.Experiment == assignment.Experiment && earlier.Assignment.Attempt == assignment.Attempt;
            if (same && !earlier.IsStopping && earlier.Assignment.Joins == assignment.Joins) return;
            earlier.Stop($"The device is needed for {assignment.Experiment}.");
            try
            {
                await earlier.Completion.WaitAsync(s_stopDeadline);
            }
            catch (TimeoutException e)
            {
                throw new InvalidOperationException(
                    $"the device still computes for {earlier.Assignment.Experiment}, {s_stopDeadline.TotalSeconds:0} s after it was told to stop.",
                    e);
            }
        }
        runs.Start(Worker, assignment);
    }

    /// <inheritdoc/>
    public Task Open(GroupOrder order)
    {
        Run(order.Experiment).Open(order);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Pause(string experiment, int generation)
    {
        Run(experiment).Pause(generation);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Halt(string experiment, int generation, string reason)
    {
        Run(experiment).Halt(generation, reason);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Save(string experiment, int generation)
    {
        Run(experiment).Save(generation);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Stop(string experiment, int attempt, string reason)
    {
        if (Find(experiment) is { } run && run.Assignment.Attempt <= attempt) run.Stop(reason);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<ReplicaState> DescribeState(string experiment, int generation) => (await Run(experiment).HandoverAsync(generation)).State;

    /// <inheritdoc/>
    public async Task<byte[]> ReadState(string experiment, int generation, long offset, int count) =>
        (await Run(experiment).HandoverAsync(generation)).Read(offset, count);

    private WorkerRun? Find(string experiment) => runs.Find(Worker) is { } run && run.Assignment.Experiment == experiment ? run : null;

    private WorkerRun Run(string experiment) => Find(experiment)
        ?? throw new InvalidOperationException($"Worker {this.GetPrimaryKeyString()} does not train {experiment}.");
}
