using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Learning.Tests.Weights.Cache;

/// <summary>Keeps what is reported of a download, and may act on it.</summary>
internal sealed class RecordedProgress(Action<WeightProgress>? then = null) : IProgress<WeightProgress>
{
    private readonly List<WeightProgress> _reports = [];

    public void Report(WeightProgress value)
    {
        lock (_reports) _reports.Add(value);
        then?.Invoke(value);
    }

    /// <summary>The sentences of one kind.</summary>
    public IReadOnlyList<string> Of(WeightProgressKind kind)
    {
        lock (_reports) return [.. _reports.Where(report => report.Kind == kind).Select(report => report.Text)];
    }
}
