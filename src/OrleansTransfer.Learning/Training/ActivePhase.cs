using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// What a replica holds while a phase trains: flat parameters and gradients, optimizer state, running statistics, and the memory they travel in.
/// </summary>
internal sealed class ActivePhase : IDisposable
{
    private readonly Classifier _model;
    private IReadOnlyList<GradientBucket>? _buckets;
    private readonly Tensor _statisticsSlots, _lossSlot, _pauseSlot;

    /// <summary>Freezes and lays out <paramref name="model"/> for the <paramref name="index"/>-th phase of <paramref name="plan"/>.</summary>
    public ActivePhase(TrainingPlan plan, int index, Classifier model, Device device, nn.Module? companion)
    {
        _model = model;
        Index = index;
        Phase = plan.Phases[index];
        FirstEpoch = plan.Phases.Take(index).Sum(phase => phase.Epochs);
        Freezing.Apply(model, Phase, plan.BatchNorm);

        var layers = Freezing.LiveBatchNorms(model, Phase, plan.BatchNorm).Select(norm => norm.Module).ToList();
        var statistics = RunningStatistics.Count(layers);
        Parameters = new(model, statistics + 2, companion);
        Statistics = new(layers, device);
        Optimizer = FlatOptimizer.Create(plan.Optimizer, Parameters, plan.WeightDecay);
        Buffer = new(Parameters.Exchanged);

        // Elsewhere gradients are only queued when a marker speaks, and not yet there.
        if (device.type == DeviceType.CPU) Markers = new(model);
        if (plan.BatchNorm == BatchNormPolicy.Synchronized) Norms = new(layers);
        _statisticsSlots = Parameters.Tail.narrow(0, 0, statistics).DetachFromDisposeScope();
        _lossSlot = Parameters.Tail.narrow(0, statistics, 1).DetachFromDisposeScope();
        _pauseSlot = Parameters.Tail.narrow(0, statistics + 1, 1).DetachFromDisposeScope();
    }

    public int Index { get; }

    public Phase Phase { get; }

    /// <summary>The phase's first epoch, counted over the run.</summary>
    public int FirstEpoch { get; }

    public FlatParameters Parameters { get; }

    public RunningStatistics Statistics { get; }

    public FlatOptimizer Optimizer { get; }

    /// <summary>What an exchange sums: gradients, then statistics, then the loss and the wishes for a pause.</summary>
    public ExchangeBuffer Buffer { get; }

    /// <summary>Say which gradients are final while the backward pass runs; null where they cannot.</summary>
    public StageMarkers? Markers { get; }

    /// <summary>Layers that normalise by the global batch; null unless the plan asks for it.</summary>
    public SynchronizedNorms? Norms { get; }

    /// <summary>The gradients in buckets of about so many elements: see <see cref="GradientBuckets.Cut"/>.</summary>
    public IReadOnlyList<GradientBucket> Buckets(long length) => _buckets ??= GradientBuckets.Cut(Parameters.Slots, Parameters.Count, length);

    /// <summary>Writes what travels beside the gradients.</summary>
    /// <param name="loss">This rank's share of the loss; null when it had no samples.</param>
    /// <param name="share">This rank's share of the samples.</param>
    /// <param name="pause">Whether this rank asks for a pause.</param>
    public void Publish(Tensor? loss, double share, bool pause)
    {
        using var noGrad = no_grad();
        Statistics.Publish(_statisticsSlots, share);
        if (loss is not null) _lossSlot.copy_(loss.reshape(1));
        _pauseSlot.FillWith(pause ? 1 : 0);
    }

    /// <summary>After the exchange: loss and gradient norm of the global batch.</summary>
    /// <exception cref="NonFiniteLossException">One of them is not finite.</exception>
    public (double Loss, double GradientNorm) Outcome(TrainingPosition position)
    {
        var (loss, norm) = (_lossSlot.item<float>(), Parameters.Gradients.norm().item<float>());
        if (float.IsFinite(loss) && float.IsFinite(norm)) return (loss, norm);

        var first = _model.named_parameters()
            .FirstOrDefault(entry => entry.parameter.grad is { } gradient && !gradient.isfinite().all().item<bool>()).name;
        throw new NonFiniteLossException(position, Phase.Name, loss, first);
    }

    /// <summary>After the exchange: whether any rank asked for a pause.</summary>
    public bool PauseAsked => _pauseSlot.item<float>() > 0;

    /// <summary>Applies the exchanged step: statistics first, then the update.</summary>
    public void Commit(double headRate)
    {
        using (no_grad()) Statistics.Commit(_statisticsSlots);
        if (Phase.Updates) Optimizer.Step(headRate, headRate * Phase.BackboneFactor);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Markers?.Dispose();
        Norms?.Dispose();
        _statisticsSlots.Dispose();
        _lossSlot.Dispose();
        _pauseSlot.Dispose();
        Buffer.Dispose();
        Optimizer.Dispose();
        Statistics.Dispose();
        Parameters.Dispose();
    }
}
