using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Training;
using OrleansTransfer.Learning.Transfer;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Trunks;

/// <summary>Computes features that stay the same in every epoch of a run, and of all runs that share their key.</summary>
public static class TrunkRecorder
{
    /// <summary>
    /// Why every epoch of a plan sees other features, or null when they stay the same: nothing below the head trains, and every picture is the same
    /// in each epoch.
    /// </summary>
    public static string? WhyNot(TrainingPlan plan, Classifier model, AugmentKind augment)
    {
        if (augment != AugmentKind.None) return "pictures are varied anew in every epoch";
        if (!model.HasTrunk) return $"logits of {model.Architecture} do not follow from one point of it";
        return plan.Phases.FirstOrDefault(phase => phase.TrainableStages.Count > 0 || phase.Scope != TrainableScope.HeadAndStages) is { } phase
            ? $"the phase {phase.Name} trains more than the head"
            : null;
    }

    /// <summary>Runs the trunk of a replica's model over all samples of a stream, whose epoch 0 has them in order.</summary>
    /// <exception cref="LearningException">A sample could not be read.</exception>
    public static void Record(Replica replica, IBatchStream samples, TrunkFile.Writer writer, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        replica.Model.eval();
        try
        {
            for (var step = 0; step < samples.StepsPerEpoch; step++)
            {
                using var batch = samples.Take(0, step, cancellationToken);
                using var scope = NewDisposeScope();
                var rows = replica.Model.Trunk(batch.Inputs.to(replica.Device)).to(ScalarType.Float32).cpu().contiguous();
                var values = MemoryMarshal.Cast<byte, float>(rows.bytes);
                var shape = rows.shape[1..];
                var length = values.Length / batch.Count;
                for (var i = 0; i < batch.Count; i++) writer.Add(values.Slice(i * length, length), shape);
            }
        }
        finally
        {
            replica.RestoreMode();
        }
    }
}
