namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>The lists of phases that adaptation methods have.</summary>
internal static class AdaptationPhases
{
    /// <summary>The name of a phase that trains on the source before a source-free one adapts.</summary>
    public const string Source = "source";

    // Nothing but its own predictions holds a network on a target without labels: large steps lose what the source taught (SHOT's published code
    // takes a tenth for what the source trained).
    private const double AdaptRate = 0.1;

    /// <summary>One phase in which head and selected stages train.</summary>
    public static IReadOnlyList<Phase> One(string name, TransferOptions options, IReadOnlyList<string> stages) =>
        [new(name, options.Epochs, StageSelector.Parse(options.Unfreeze, stages), options.LearningRate, options.BackboneFactor)];

    /// <summary>
    /// Training on the source, then a phase that sees the target alone; of a finished model that phase only, for all epochs. Its part of the backbone
    /// is that of the recipe, or all of it where the recipe freezes all.
    /// </summary>
    /// <param name="adaptEpochs">Length of the second phase; the first has the rest.</param>
    /// <param name="scope">What trains in the second phase.</param>
    /// <exception cref="LearningException">There are too few epochs for two phases, or no stage to adapt.</exception>
    public static IReadOnlyList<Phase> SourceFree(
        string name, TransferOptions options, IReadOnlyList<string> stages, int adaptEpochs, TrainableScope scope)
    {
        if (options.Epochs < 2 && !options.IsFinished)
            throw new LearningException($"{name} needs at least 2 epochs, one on the source and one on the target; the recipe has {options.Epochs}.");
        var selected = StageSelector.Parse(options.Unfreeze, stages);
        if (selected.Count == 0 && scope == TrainableScope.Stages)
            throw new LearningException($"{name} keeps the head and adapts the backbone, and with unfreeze: none there is nothing to adapt. Unfreeze stages.");
        var target = new Phase(
            name, options.IsFinished ? options.Epochs : adaptEpochs, selected, options.LearningRate * AdaptRate,
            scope == TrainableScope.Stages ? options.BackboneFactor : 1)
        {
            Scope = scope,
        };
        return options.IsFinished ? [target]
            : [new(Source, options.Epochs - adaptEpochs, selected, options.LearningRate, options.BackboneFactor), target];
    }
}
