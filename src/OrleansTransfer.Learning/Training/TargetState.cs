using OrleansTransfer.Learning.Evaluation;
using OrleansTransfer.Learning.Evaluation.Validators;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// What a replica remembers of the target domain: every epoch's figures, the weights of the best epoch so far, and the domains as they were before
/// training. It travels with checkpoints, so that a run that was interrupted picks what an uninterrupted one would.
/// </summary>
internal sealed class TargetState : IDisposable
{
    private const string HistoryKey = "target/history", BeforeKey = "target/before", PickKey = "target/pick", WeightsPrefix = "target/weights/";
    private const int Columns = 3;

    private readonly List<TargetEpoch> _history = [];
    private Dictionary<string, Tensor> _weights = [];
    private (int Epoch, double Score)? _pick;

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<TargetEpoch> History => [.. _history];

    /// <summary>The epoch whose weights are kept; null while there is none.</summary>
    public int? PickedEpoch => _pick?.Epoch;

    /// <summary>Both domains before the first step.</summary>
    public DomainMap? Before { get; set; }

    /// <summary>Copies of the picked epoch's weights on the CPU.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights => _weights;

    /// <summary>Forgets the epochs: a run begins, perhaps for the second time.</summary>
    public void Forget()
    {
        Release();
        _history.Clear();
        _pick = null;
    }

    /// <summary>Takes an epoch's figures; keeps its weights if no earlier epoch has a score as high.</summary>
    /// <param name="epoch">The figures.</param>
    /// <param name="validator">Place of the score that counts; -1 when the last epoch is to be taken.</param>
    /// <param name="weights">The model's present tensors.</param>
    public void Add(TargetEpoch epoch, int validator, IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        _history.Add(epoch);
        var score = validator < 0 ? epoch.Epoch : epoch.Scores[validator];
        if (double.IsNaN(score)) score = double.NegativeInfinity;

        // Where no epoch so far could be told, the later one is the better guess.
        if (_pick is { } best && score <= best.Score && !double.IsNegativeInfinity(best.Score)) return;
        Release();
        _pick = (epoch.Epoch, score);
        _weights = weights.ToDictionary(entry => entry.Key, entry => entry.Value.detach().to(CPU, copy: true).DetachFromDisposeScope());
    }

    /// <summary>Adds copies of everything to a checkpoint's tensors.</summary>
    public void Export(Dictionary<string, Tensor> tensors)
    {
        if (Before is { } before)
        {
            var points = before.Points.SelectMany(point => (float[])[point.X, point.Y, point.IsTarget ? 1 : 0, point.Class]).ToArray();
            tensors[BeforeKey] = tensor(points).view(-1, 4).DetachFromDisposeScope();
        }
        if (_history.Count == 0) return;
        var rows = _history.SelectMany(epoch => (double[])[epoch.Epoch, epoch.Accuracy, epoch.MacroF1, .. epoch.Scores]).ToArray();
        tensors[HistoryKey] = tensor(rows).view(_history.Count, -1).DetachFromDisposeScope();
        tensors[PickKey] = tensor([(double)_pick!.Value.Epoch, _pick.Value.Score]).DetachFromDisposeScope();
        foreach (var (key, value) in _weights) tensors[WeightsPrefix + key] = value.clone().DetachFromDisposeScope();
    }

    /// <summary>Takes over what <see cref="Export"/> added.</summary>
    /// <exception cref="LearningException">The tensors are of another version.</exception>
    public void Import(IReadOnlyDictionary<string, Tensor> tensors)
    {
        Clear();
        if (tensors.TryGetValue(BeforeKey, out var before))
            Before = new([.. before.data<float>().ToArray().Chunk(4).Select(p => new MapPoint(p[0], p[1], p[2] > 0, (int)p[3]))]);
        if (!tensors.TryGetValue(HistoryKey, out var history)) return;
        var columns = Columns + UnsupervisedValidators.All.Count;
        if (history.dim() != 2 || history.shape[1] != columns || !tensors.TryGetValue(PickKey, out var pick))
            throw new LearningException($"The checkpoint's history of the target has shape [{string.Join(", ", history.shape)}]; expected {columns} columns.");
        foreach (var row in history.contiguous().data<double>().ToArray().Chunk(columns))
            _history.Add(new((int)row[0], row[Columns..], row[1], row[2]));
        var values = pick.data<double>().ToArray();
        _pick = ((int)values[0], values[1]);
        _weights = tensors.Where(entry => entry.Key.StartsWith(WeightsPrefix, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[WeightsPrefix.Length..], entry => entry.Value.clone().DetachFromDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Clear()
    {
        Forget();
        Before = null;
    }

    private void Release()
    {
        foreach (var weight in _weights.Values) weight.Dispose();
        _weights = [];
    }
}
