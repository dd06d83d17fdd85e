using System.Diagnostics;
using System.Text.Json;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>
/// A sweep of many trials on many devices under a simulated clock. Epochs take 10 s, give or take a third by trial; a device that is given a trial
/// needs a second before it trains, which counts as busy. The study makes one decision at a time, and each holds up the clock for as long as it
/// really takes. Options: <c>--trials 10000 --devices 500 --rule asha --sampler random</c>.
/// </summary>
internal static class SweepBenchmark
{
    private const double EpochSeconds = 10, StartSeconds = 1;

    public static void Run(Options options)
    {
        var (trials, devices) = (options.Number("trials", 10_000), options.Number("devices", 500));
        var (rule, sampler) = (options.Text("rule", "asha"), options.Text("sampler", "random"));
        var study = new Study(new()
        {
            Parameters = LearningCurve.Space.Parameters,
            Budget = new(trials, LearningCurve.Epochs),
            Goal = Goal.Minimise,
            Sampler = new(sampler),
            Stopping = new(rule),
        });
        var clock = new Clock();
        var idle = devices;
        var (busy, lastStart, busyAtLastStart) = (0.0, 0.0, 0.0);
        var waiting = new PriorityQueue<Trial, double>();
        while (true)
        {
            while (idle > 0 && clock.Decide(study.Next) is { Kind: not (NextStepKind.Wait or NextStepKind.Done) } step)
            {
                if (step.Kind == NextStepKind.Stop) continue;
                idle--;
                Enqueue(step.Trial!, StartSeconds);
                if (step.Trial!.Number != trials - 1 || step.Kind != NextStepKind.Start) continue;
                (lastStart, busyAtLastStart) = (clock.Now, busy - waiting.UnorderedItems.Sum(item => item.Priority - clock.Now));
            }
            if (!waiting.TryDequeue(out var trial, out var at)) break;
            clock.Advance(at);
            var epoch = trial.Epochs + 1;
            var error = LearningCurve.Error(LearningCurve.Of(trial.Configuration), epoch);
            var decision = clock.Decide(() => study.Report(trial.Number, epoch, error));
            if (decision.Kind == DecisionKind.Finish) study.Tell(trial.Number, error);
            if (decision.Kind is DecisionKind.Continue or DecisionKind.Exploit) Enqueue(study.Get(trial.Number), 0);
            else idle++;
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "tuning",
            part = "sweep",
            rule,
            sampler,
            trials,
            devices,
            epochs = study.Trials.Sum(trial => (long)trial.Epochs),
            plannedEpochs = Math.Round(study.Plan().ExpectedEpochs),
            simulatedHours = Math.Round(clock.Now / 3600, 2),
            utilisationWhileTrialsStart = Math.Round(busyAtLastStart / (lastStart * devices), 4),
            utilisationToTheEnd = Math.Round(busy / (clock.Now * devices), 4),
            decisions = clock.Decisions.Count,
            firstThousandMicroseconds = Math.Round(clock.Decisions.Skip(1000).Take(1000).Average() * 1e6, 2),
            lastThousandMicroseconds = Math.Round(clock.Decisions.TakeLast(1000).Average() * 1e6, 2),
            allDecisionsSeconds = Math.Round(clock.Decisions.Sum(), 2),
        }));

        void Enqueue(Trial trial, double before)
        {
            var seconds = before + EpochSeconds * (1 + (RandomStream.For(1, trial.Number).NextDouble() - 0.5) * 2 / 3);
            busy += seconds;
            waiting.Enqueue(trial, clock.Now + seconds);
        }
    }

    /// <summary>Simulated seconds, and what decisions really cost.</summary>
    private sealed class Clock
    {
        public double Now { get; private set; }

        public List<double> Decisions { get; } = [];

        public void Advance(double to) => Now = Math.Max(Now, to);

        public T Decide<T>(Func<T> decision)
        {
            var started = Stopwatch.GetTimestamp();
            var made = decision();
            Decisions.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            Now += Decisions[^1];
            return made;
        }
    }
}
