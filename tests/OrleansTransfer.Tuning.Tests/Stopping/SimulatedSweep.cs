using OrleansTransfer.Tuning.Numerics;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning.Tests.Stopping;

/// <summary>Devices that train made-up trials of a study, an epoch of a random one at a time.</summary>
internal sealed class SimulatedSweep(Study study, int devices, int seed)
{
    private readonly RandomStream _random = RandomStream.For(seed);
    private readonly List<int> _training = [];

    public Study Study { get; set; } = study;

    /// <summary>The metric of a trial after an epoch.</summary>
    public Func<Trial, int, double> Loss { get; init; } = Curve;

    /// <summary>Chance that an epoch ends with a failure.</summary>
    public double Failing { get; init; }

    /// <summary>Chance that an epoch shows that the configuration does not work.</summary>
    public double Infeasible { get; init; }

    public static double Curve(Trial trial, int epoch) =>
        Spaces.Loss(Spaces.All["everything"], trial.Configuration) + 1.0 / epoch + 0.01 * RandomStream.For(trial.Number, epoch).NextDouble();

    public void Run()
    {
        for (var i = 0; i < 1_000_000; i++) if (!Step()) return;
        throw new InvalidOperationException("The search does not end.");
    }

    /// <summary>Gives free devices something to do, then ends an epoch of one of them. False when the search is over.</summary>
    public bool Step()
    {
        while (_training.Count < devices && Study.Next() is { Kind: not (NextStepKind.Wait or NextStepKind.Done) } step)
            if (step.Kind != NextStepKind.Stop) _training.Add(step.Trial!.Number);
        if (_training.Count == 0) return false;
        var at = _random.NextIndex(_training.Count);
        if (!Train(_training[at])) _training.RemoveAt(at);
        return true;
    }

    // Whether the trial keeps its device.
    private bool Train(int number)
    {
        var (trial, chance) = (Study.Get(number), _random.NextDouble());
        if (chance < Failing) return Study.Fail(number, "the node was lost").State == TrialState.Running;
        if (chance < Failing + Infeasible) return Study.Infeasible(number, "out of memory").State == TrialState.Running;
        var decision = Study.Report(number, trial.Epochs + 1, Loss(trial, trial.Epochs + 1));
        if (string.IsNullOrEmpty(decision.Reason)) throw new InvalidOperationException("A decision without a reason.");
        if (decision.Kind == DecisionKind.Finish) Study.Tell(number, Study.Get(number).Measurements[^1].Value);
        return decision.Kind is DecisionKind.Continue or DecisionKind.Exploit;
    }
}
