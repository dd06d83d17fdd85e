using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Workers;

public sealed class ReportChannelTests
{
    private readonly List<WorkerReport> _heard = [];

    [Fact]
    public async Task What_a_rank_only_remembers_is_reported_when_it_is_asked_to_repeat()
    {
        var channel = Channel();
        foreach (var step in Enumerable.Range(1, 3)) channel.Tell(Step(step), report: false);
        await channel.SendAsync(CancellationToken.None);
        Assert.Empty(Steps(0));

        channel.Repeat(step: 1, epoch: 0);
        await channel.SendAsync(CancellationToken.None);

        Assert.Equal([2, 3], Steps(1));
    }

    [Fact]
    public async Task What_waits_to_be_reported_is_repeated_in_its_place_and_only_once()
    {
        var channel = Channel();
        channel.Tell(Step(1), report: true);
        await channel.SendAsync(CancellationToken.None);
        channel.Tell(Step(2), report: true);
        channel.Add(new ExperimentEvent { Sequence = 0, Time = default, Kind = "log", Step = 2 });
        channel.Tell(new() { Sequence = 0, Time = default, Kind = "epoch", Step = 2, Epoch = 1 }, report: true);

        channel.Repeat(step: 0, epoch: 0);
        await channel.SendAsync(CancellationToken.None);

        Assert.Equal(["step", "step", "epoch", "log"], _heard[1].Events.Select(e => e.Kind));
        Assert.Equal([1, 2], Steps(1));
    }

    [Fact]
    public async Task A_report_whose_answer_is_lost_comes_again_with_its_number_and_its_events()
    {
        var lost = true;
        var channel = Channel(_ => lost && !(lost = false) ? throw new TimeoutException() : WorkerDirective.Continue);
        channel.Tell(Step(1), report: true);

        await channel.SendAsync(CancellationToken.None);

        Assert.Equal([1, 1], _heard.Select(report => report.Number));
        Assert.Equal([1], Steps(1));
    }

    private static ExperimentEvent Step(long step) => new() { Sequence = 0, Time = default, Kind = "step", Step = step };

    private IEnumerable<long> Steps(int report) => _heard[report].Events.Where(e => e.Kind == "step").Select(e => e.Step);

    private ReportChannel Channel(Func<WorkerReport, WorkerDirective>? answer = null)
    {
        var first = new WorkerReport
        {
            Worker = WorkerAddress.Parse("n1/cpu:0"), Silo = "silo", Attempt = 1, Number = 0, Phase = WorkerPhase.Training,
        };
        var experiment = DispatchProxy.Create<IExperimentGrain, Listener>();
        ((Listener)(object)experiment).Heard = report =>
        {
            _heard.Add(report);
            return answer?.Invoke(report) ?? WorkerDirective.Continue;
        };
        return new(experiment, first, (_, _) => { }, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>An experiment that does nothing but listen to reports.</summary>
    public class Listener : DispatchProxy
    {
        /// <summary>Answers a report.</summary>
        public Func<WorkerReport, WorkerDirective> Heard { get; set; } = _ => WorkerDirective.Continue;

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IExperimentGrain.Report)
                ? Task.FromResult(Heard((WorkerReport)args![0]!))
                : throw new NotSupportedException(targetMethod.Name);
    }
}
