namespace OrleansTransfer.Learning.Transfer;

/// <summary>
/// Gradual unfreezing (ULMFiT, Howard and Ruder, arXiv 1801.06146, section 3.3): the head for one epoch, then the selected stages join from the last
/// one backwards, one more per epoch; the last phase keeps the epochs that are left. Where there are fewer epochs than stages, neighbours join
/// together.
/// </summary>
public sealed class GradualUnfreezing : ITransferMethod
{
    /// <inheritdoc/>
    public string Name => "gradual";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages)
    {
        var selected = StageSelector.Parse(options.Unfreeze, stages);
        if (selected.Count == 0)
            throw new LearningException("gradual has nothing to unfreeze with unfreeze: none. Name stages to unfreeze, or use feature-extraction.");
        if (options.Epochs < 2)
            throw new LearningException($"gradual needs at least 2 epochs, one for the head and one for stages; the recipe has {options.Epochs}.");

        var groups = Math.Min(selected.Count, options.Epochs - 1);
        var phases = new List<Phase> { new("head", 1, [], options.LearningRate, options.BackboneFactor) };
        for (var group = 1; group <= groups; group++)
        {
            var unfrozen = selected.Count * group / groups;
            var epochs = group < groups ? 1 : options.Epochs - groups;
            phases.Add(new($"unfreeze-{group}", epochs, [.. selected.Skip(selected.Count - unfrozen)], options.LearningRate, options.BackboneFactor));
        }
        return phases;
    }
}
