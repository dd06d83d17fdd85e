using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// One copy of the model in training, on one device. All replicas of a group are identical at every step boundary. It belongs to one thread at a
/// time; the model remains the caller's and stays usable when the replica is disposed.
/// </summary>
public sealed class Replica : IDisposable
{
    private const string EpochLossKey = "epoch_loss";

    private readonly IReadOnlyList<SeededDropout> _dropouts;
    private readonly nn.Module? _companion;
    private ActivePhase? _active;

    /// <summary>Moves <paramref name="model"/>, which has its weights and the new head, to <paramref name="device"/>.</summary>
    /// <param name="companion">Networks that train beside the model and are of no use after it; null for none. Stays the caller's, like the model.</param>
    /// <exception cref="ArgumentException">Plan and model do not fit each other.</exception>
    public Replica(TrainingPlan plan, Classifier model, Device device, nn.Module? companion = null)
    {
        if (plan.Phases.Count == 0) throw new ArgumentException("A plan needs at least one phase.", nameof(plan));
        if (model.Classes != plan.Classes)
            throw new ArgumentException($"The model's head has {model.Classes} outputs; the plan is for {plan.Classes} labels.", nameof(model));
        Plan = plan;
        Device = device;
        Model = model;
        model.to(device);
        _companion = companion?.to(device);
        _dropouts = [.. model.modules().Concat(companion?.modules() ?? []).OfType<SeededDropout>()];
    }

    /// <summary>What the replica trains by.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>The model in training; its parameters are views of flat tensors that the replica updates.</summary>
    public Classifier Model { get; }

    /// <summary>The loss of the epoch under way.</summary>
    internal EpochLoss EpochLoss { get; } = new();

    /// <summary>What is known of the target domain; empty where there is none.</summary>
    internal TargetState Target { get; } = new();

    /// <summary>The phase of the last <see cref="EnterPhaseOf"/>.</summary>
    internal ActivePhase Active => _active ?? throw new InvalidOperationException("The replica has not entered a phase.");

    /// <summary>
    /// A private copy on the CPU of all that <see cref="Restore"/> needs. Where the position opens a phase, the optimizer has no state but its
    /// step 0.
    /// </summary>
    public ReplicaCheckpoint Capture(TrainingPosition position)
    {
        using var noGrad = no_grad();
        var model = State.ToDictionary(entry => entry.Key, entry => entry.Value.detach().to(CPU, copy: true).DetachFromDisposeScope());
        var continues = _active is not null && _active.Index == PhaseOf(position.Epoch);
        var optimizer = continues ? _active!.Optimizer.Export() : new() { ["step"] = tensor(0L).DetachFromDisposeScope() };
        optimizer[EpochLossKey] = EpochLoss.Export();
        Target.Export(optimizer);
        return new(position, model, optimizer);
    }

    /// <summary>Puts the replica in the state of a checkpoint of the same plan, which stays the caller's; then train on from its position.</summary>
    /// <exception cref="LearningException">The checkpoint is of another model or plan.</exception>
    public void Restore(ReplicaCheckpoint checkpoint)
    {
        _active?.Dispose();
        _active = null;
        LoadModel(checkpoint.Model, State.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal));
        EnterPhaseOf(checkpoint.Position.Epoch);
        var opensPhase = checkpoint.Position.Epoch == Active.FirstEpoch && checkpoint.Position.Step == 0;
        if (!opensPhase) Active.Optimizer.Import(checkpoint.Optimizer);
        Target.Import(checkpoint.Optimizer);
        EpochLoss.Import(checkpoint.Optimizer.TryGetValue(EpochLossKey, out var loss)
            ? loss
            : throw new LearningException($"The checkpoint has no '{EpochLossKey}', the loss of the epoch so far."));
    }

    /// <summary>
    /// Makes the phase of an epoch the active one; within the active phase this does nothing. Past the last epoch, the last phase counts.
    /// </summary>
    internal void EnterPhaseOf(int epoch)
    {
        var index = PhaseOf(epoch);
        if (_active?.Index == index) return;
        _active?.Dispose();
        _active = null;
        _active = new(Plan, index, Model, Device, _companion);
        _companion?.train();
    }

    /// <summary>Puts the model back in the mode of the active phase, if there is one.</summary>
    internal void RestoreMode()
    {
        if (_active is not null) Freezing.SetTrainingMode(Model, _active.Phase, Plan.BatchNorm);
    }

    /// <summary>Puts the weights of the picked epoch into the model; without one, nothing changes.</summary>
    internal void AdoptPick(int epoch)
    {
        if (Target.PickedEpoch is null) return;
        _active?.Dispose();
        _active = null;
        LoadModel(Target.Weights, Model.state_dict());
        EnterPhaseOf(epoch);
    }

    /// <summary>Readies gradients and random masks for a step.</summary>
    internal void BeginStep(long globalStep, int rank)
    {
        Active.Parameters.Clear();
        for (var i = 0; i < _dropouts.Count; i++) _dropouts[i].Reseed(StepSeed.Of(Plan.Seed, globalStep, rank, i));
    }

    /// <summary>Releases what training needs beside the model.</summary>
    public void Dispose()
    {
        _active?.Dispose();
        Target.Dispose();
    }

    private IEnumerable<KeyValuePair<string, Tensor>> State =>
        Model.state_dict().Concat(_companion?.state_dict().Select(entry => KeyValuePair.Create(Companions.Key(entry.Key), entry.Value)) ?? []);

    private int PhaseOf(int epoch)
    {
        var index = 0;
        for (var end = Plan.Phases[0].Epochs; epoch >= end && index < Plan.Phases.Count - 1; end += Plan.Phases[index].Epochs) index++;
        return index;
    }

    private void LoadModel(IReadOnlyDictionary<string, Tensor> source, IReadOnlyDictionary<string, Tensor> target)
    {
        using var noGrad = no_grad();
        if (target.Keys.Except(source.Keys).FirstOrDefault() is { } missing)
            throw new LearningException($"The checkpoint has no tensor '{missing}', which {Plan.Architecture} needs.");
        if (source.Keys.Except(target.Keys).FirstOrDefault() is { } unknown)
            throw new LearningException($"The checkpoint's tensor '{unknown}' does not exist in {Plan.Architecture}.");
        foreach (var (key, tensor) in target)
        {
            // copy_ would broadcast a smaller tensor without a word.
            if (!tensor.shape.SequenceEqual(source[key].shape))
                throw new LearningException($"The checkpoint's '{key}' has shape [{string.Join(", ", source[key].shape)}]; "
                    + $"the model needs [{string.Join(", ", tensor.shape)}].");
            tensor.copy_(source[key]);
        }
    }
}
