using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using OrleansTransfer.Contracts.Workers;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Cluster;

/// <summary>
/// Traces of steps. A step of a group is one trace, whose id follows from experiment, attempt, generation and step, so that all workers, wherever
/// they are, add their part without a word: a span <c>step</c> with its rank, and below it <c>data</c>, <c>forward</c>, <c>backward</c>,
/// <c>exchange</c> and <c>update</c>. They are written when the step is done, from times that it has measured anyway; where nobody listens that is
/// one comparison.
/// </summary>
public static class StepTraces
{
    /// <summary>Name of the activity source.</summary>
    public const string SourceName = "OrleansTransfer.Steps";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Writes the spans of a step that is just done.</summary>
    public static void Record(WorkerAddress worker, WorkerAssignment assignment, GroupOrder order, StepReport report)
    {
        if (s_source.HasListeners()) Write(worker, assignment, order, report, DateTimeOffset.UtcNow);
    }

    private static void Write(WorkerAddress worker, WorkerAssignment assignment, GroupOrder order, StepReport report, DateTimeOffset end)
    {
        var timings = report.Timings;
        var start = end - TimeSpan.FromSeconds(timings.Total);
        var trace = new ActivityContext(
            TraceOf(assignment.Experiment, assignment.Attempt, order.Generation, report.Position.GlobalStep), default, ActivityTraceFlags.None);

        // Whatever happens to be current on this thread is no part of it.
        var current = Activity.Current;
        Activity.Current = null;
        try
        {
            using var step = s_source.StartActivity(
                "step",
                ActivityKind.Internal,
                trace,
                [
                    new("experiment", assignment.Experiment), new("attempt", assignment.Attempt), new("generation", order.Generation),
                    new("step", report.Position.GlobalStep), new("rank", order.Rank), new("workers", order.Group.Count),
                    new("node", worker.Node), new("device", worker.Device), new("phase", report.Phase), new("samples", report.Samples),
                    new("exchange.hidden_seconds", Math.Max(0, timings.Exchanging - timings.Exchange)),
                ],
                startTime: start);
            if (step is null) return;
            var at = start;
            foreach (var (name, seconds) in ((string, double)[])[
                ("data", timings.Data), ("forward", timings.Forward), ("backward", timings.Backward), ("exchange", timings.Exchange),
                ("update", timings.Update)])
            {
                using var part = s_source.StartActivity(name, ActivityKind.Internal, step.Context, startTime: at);
                at += TimeSpan.FromSeconds(seconds);
                part?.SetEndTime(at.UtcDateTime);
            }

            step.SetEndTime(end.UtcDateTime);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    internal static ActivityTraceId TraceOf(string experiment, int attempt, int generation, long step)
    {
        var name = Encoding.UTF8.GetByteCount(experiment);
        var key = new byte[name + 2 * sizeof(int) + sizeof(long)];
        Encoding.UTF8.GetBytes(experiment, key);
        BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(name), attempt);
        BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(name + sizeof(int)), generation);
        BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(name + 2 * sizeof(int)), step);
        return ActivityTraceId.CreateFromBytes(SHA256.HashData(key).AsSpan(0, 16));
    }
}
