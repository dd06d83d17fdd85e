using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>The trunk of a replica's network while nothing below the head trains, and what it makes of samples.</summary>
/// <param name="replica">The replica; it belongs to the thread that calls.</param>
public sealed class FrozenTrunk(Replica replica)
{
    // Kernels are chosen by the size of a batch, and round differently. In groups of one size a sample's features are a function of the sample: other
    // workers, other trials and a resumed run find the same bits whatever company it came in.
    private const int Group = 8;

    // Texts of a group have one length, rounded up to this as batches are, for the same reason.
    private const int LengthStep = 8;

    private readonly int _phases = PhasesOf(replica.Plan);

    /// <summary>Why features of a plan's samples are never the same in two epochs, or null when there are epochs in which they are.</summary>
    public static string? WhyNot(TrainingPlan plan, Classifier model)
    {
        if (!model.HasTrunk) return $"logits of {model.Architecture} do not follow from one point of it";
        return PhasesOf(plan) > 0 ? null : $"the phase {plan.Phases[0].Name} trains more than the head";
    }

    /// <summary>Epochs of a plan, from the first on, in which nothing below the head trains.</summary>
    public static int EpochsOf(TrainingPlan plan) => plan.Phases.Take(PhasesOf(plan)).Sum(phase => phase.Epochs);

    /// <summary>The network.</summary>
    public Classifier Model => replica.Model;

    /// <summary>Whether the trunk is what it was when the run began: the active phase is one of those.</summary>
    public bool Stands => replica.Active.Index < _phases;

    /// <summary>Features of samples, float32 <c>[N,...]</c> on the CPU. The network is left in the mode that it was in.</summary>
    /// <param name="inputs">What the network takes.</param>
    public Tensor Of(Tensor inputs)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var training = replica.Model.training;
        replica.Model.eval();
        try
        {
            return (replica.Device.type == DeviceType.CPU ? InGroups(inputs) : Pass(inputs)).MoveToOuterDisposeScope();
        }
        finally
        {
            if (training) replica.RestoreMode();
        }
    }

    /// <summary>Shape of a sample's features.</summary>
    /// <param name="pictureSize">Height and width of a picture; null for texts.</param>
    public IReadOnlyList<long> ShapeOfSample(int? pictureSize)
    {
        using var sample = pictureSize is { } size ? zeros(1, 3, size, size) : zeros(1, 1, ScalarType.Int64);
        using var features = Of(sample);
        return features.shape[1..];
    }

    private static int PhasesOf(TrainingPlan plan) => plan.Phases.TakeWhile(phase => phase.FreezesBackbone).Count();

    private Tensor InGroups(Tensor inputs)
    {
        List<Tensor> parts = [];
        List<long> order = [];
        foreach (var (length, places) in PlacesByLength(inputs))
        {
            foreach (var group in places.Chunk(Group))
            {
                long[] filled = [.. group, .. Enumerable.Repeat(group[^1], Group - group.Length)];
                var part = inputs.index_select(0, tensor(filled));
                if (length is { } known) part = part.narrow(1, 0, known).contiguous();
                parts.Add(Pass(part).narrow(0, 0, group.Length));
                order.AddRange(group);
            }
        }
        var back = new long[order.Count];
        for (var i = 0; i < back.Length; i++) back[order[i]] = i;
        return cat([.. parts]).index_select(0, tensor(back));
    }

    // Pictures are all of one size.
    private IEnumerable<(long? Length, IEnumerable<long> Places)> PlacesByLength(Tensor inputs)
    {
        var places = Enumerable.Range(0, (int)inputs.shape[0]).Select(place => (long)place);
        if (inputs.dim() != 2) return [(null, places)];
        var lengths = inputs.IsNot(replica.Model.PaddingToken).sum(1).data<long>().ToArray();
        return places.GroupBy(place => Math.Clamp((lengths[place] + LengthStep - 1) / LengthStep * LengthStep, 1, inputs.shape[1]))
            .Select(group => ((long?)group.Key, group.AsEnumerable()));
    }

    private Tensor Pass(Tensor inputs) => replica.Model.Trunk(inputs.to(replica.Device)).to(ScalarType.Float32).cpu().contiguous();
}
