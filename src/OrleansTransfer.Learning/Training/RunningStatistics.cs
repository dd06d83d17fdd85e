using OrleansTransfer.Learning.Compute;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// The running means and variances of the BatchNorm layers that follow the data. Each rank's forward pass moves them by its own share of the batch;
/// after the exchange every rank holds their mean, weighted by sample counts. They lie in one flat tensor, of which the layers' buffers are views.
/// </summary>
internal sealed class RunningStatistics : IDisposable
{
    private readonly Tensor _live, _committed;
    private readonly IReadOnlyList<BatchNorm> _layers;
    private readonly long[] _batches;

    /// <summary>Lays out the statistics of <paramref name="layers"/>, which are on <paramref name="device"/>.</summary>
    public RunningStatistics(IEnumerable<BatchNorm> layers, Device device)
    {
        _layers = [.. layers.Where(layer => layer.track_running_stats)];
        _batches = [.. _layers.Select(layer => layer.num_batches_tracked!.item<long>())];
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _live = zeros(Count(_layers), device: device).DetachFromDisposeScope();
        long offset = 0;
        foreach (var buffer in _layers.SelectMany(layer => new[] { layer.running_mean!, layer.running_var! }))
        {
            using var view = _live.narrow(0, offset, buffer.numel());
            view.copy_(buffer);
            buffer.set_(view);
            offset += view.numel();
        }
        _committed = _live.clone().DetachFromDisposeScope();
    }

    /// <summary>Number of statistics of some layers.</summary>
    public static long Count(IEnumerable<BatchNorm> layers) => layers.Where(layer => layer.track_running_stats).Sum(layer => 2 * layer.num_features);

    /// <summary>Writes this rank's weighted share to <paramref name="slots"/>.</summary>
    /// <param name="weight">Local samples over samples of the global batch; the weights of all ranks sum to 1.</param>
    public void Publish(Tensor slots, double weight)
    {
        if (_layers.Count > 0) slots.copy_(_live).MultiplyBy(weight);
    }

    /// <summary>
    /// Takes the sum over all ranks from <paramref name="slots"/> and counts one batch more, whatever this rank's forward passes counted.
    /// </summary>
    public void Commit(Tensor slots)
    {
        if (_layers.Count == 0) return;
        _live.copy_(slots);
        _committed.copy_(slots);
        for (var i = 0; i < _batches.Length; i++) _batches[i]++;
        WriteBatchCounts();
    }

    /// <summary>Undoes what forward passes did since the last <see cref="Commit"/>: a step that fails leaves no trace.</summary>
    public void Rollback()
    {
        if (_layers.Count == 0) return;
        using var noGrad = no_grad();
        _live.copy_(_committed);
        WriteBatchCounts();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _live.Dispose();
        _committed.Dispose();
    }

    private void WriteBatchCounts()
    {
        for (var i = 0; i < _batches.Length; i++) _layers[i].num_batches_tracked!.FillWith(_batches[i]);
    }
}
