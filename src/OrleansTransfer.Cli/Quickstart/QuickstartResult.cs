using OrleansTransfer.Learning.Evaluation;

namespace OrleansTransfer.Cli.Quickstart;

/// <summary>What the quickstart found: the document of <c>-o json</c>.</summary>
/// <param name="Seconds">Wall clock of all of it.</param>
/// <param name="Workers">Replicas that trained.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Source">The pretraining; its accuracy is that on the source task's validation pictures.</param>
/// <param name="Transfer">The transferred network on the test pictures.</param>
/// <param name="Scratch">The network from scratch on the same.</param>
/// <param name="Labels">Label names in index order.</param>
/// <param name="Confusion">Counts <c>[actual][predicted]</c> of the transferred network.</param>
/// <param name="Bundle">Folder of the transferred network's bundle.</param>
/// <param name="Predictions">The contact sheet.</param>
/// <param name="Report">The transferred network's report.</param>
internal sealed record QuickstartResult(
    double Seconds,
    int Workers,
    long Seed,
    SourceResult Source,
    TargetResult Transfer,
    TargetResult Scratch,
    IReadOnlyList<string> Labels,
    IReadOnlyList<IReadOnlyList<long>> Confusion,
    string Bundle,
    string Predictions,
    string Report);

/// <summary>The pretraining.</summary>
internal sealed record SourceResult(string Experiment, double Accuracy, double Seconds);

/// <summary>One network on the test pictures.</summary>
internal sealed record TargetResult(string Experiment, double Accuracy, double MacroF1, double Seconds)
{
    /// <summary>Joins an experiment with the judgement of its network.</summary>
    public static TargetResult Of(string experiment, ClassificationReport report, double seconds) =>
        new(experiment, report.Accuracy, report.MacroF1, seconds);
}
