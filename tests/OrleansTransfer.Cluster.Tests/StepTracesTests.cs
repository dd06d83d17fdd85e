using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster.Tests;

public sealed class StepTracesTests
{
    [Fact]
    public void Ranks_of_a_step_write_into_one_trace_and_parts_follow_each_other_within_the_step()
    {
        var written = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == StepTraces.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = written.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var unrelated = new Activity("unrelated").Start();

        Record(rank: 0, step: 4);
        Record(rank: 1, step: 4);
        Record(rank: 0, step: 5);

        Assert.Same(unrelated, Activity.Current);
        var steps = written.Where(activity => activity.OperationName == "step").ToList();
        Assert.Equal(2, steps.Select(step => step.TraceId).Distinct().Count());
        Assert.Equal(steps[0].TraceId, steps[1].TraceId);
        Assert.Equal([0, 1, 0], steps.Select(step => step.GetTagItem("rank")));
        foreach (var step in steps)
        {
            Assert.Equal(default, step.ParentSpanId);
            Assert.Equal(1.5, step.Duration.TotalSeconds, 0.001);
            var parts = written.Where(part => part.ParentSpanId == step.SpanId).ToList();
            Assert.Equal(["data", "forward", "backward", "exchange", "update"], parts.Select(part => part.OperationName));
            Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.5], parts.Select(part => Math.Round(part.Duration.TotalSeconds, 3)));
            Assert.Equal(parts.Skip(1).Select(part => part.StartTimeUtc), parts.SkipLast(1).Select(part => part.StartTimeUtc + part.Duration));
        }
    }

    [Fact]
    public void A_trace_belongs_to_one_step_of_one_generation_of_one_attempt()
    {
        ActivityTraceId[] traces =
        [
            StepTraces.TraceOf("a", 1, 1, 1), StepTraces.TraceOf("b", 1, 1, 1), StepTraces.TraceOf("a", 2, 1, 1),
            StepTraces.TraceOf("a", 1, 2, 1), StepTraces.TraceOf("a", 1, 1, 2),
        ];

        Assert.Equal(traces.Length, traces.Distinct().Count());
        Assert.Equal(traces[0], StepTraces.TraceOf("a", 1, 1, 1));
    }

    private static void Record(int rank, long step)
    {
        var worker = new WorkerAddress($"n{rank}", "cpu:0");
        StepTraces.Record(
            worker,
            new("run", 1, new(), null, null, Joins: false, Neighbours: 1),
            new("run", 1, rank, [worker], new(0, 0, 0), null, 0, 0),
            new(new(0, (int)step, step), "fine-tune", 1, 1, 1, 16, new(0.1, 0.2, 0.3, 0.4, 0.5)));
    }
}
