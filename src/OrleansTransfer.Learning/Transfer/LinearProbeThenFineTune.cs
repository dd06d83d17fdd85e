namespace OrleansTransfer.Learning.Transfer;

/// <summary>
/// LP-FT (Kumar et al., arXiv 2202.10054): first the head alone, so that a random head does not distort pretrained features, then head and selected
/// stages. Both phases have the recipe's rate, each with its own run of the schedule.
/// </summary>
public sealed class LinearProbeThenFineTune : ITransferMethod
{
    /// <inheritdoc/>
    public string Name => "lp-ft";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages)
    {
        var selected = StageSelector.Parse(options.Unfreeze, stages);
        if (selected.Count == 0)
            throw new LearningException("lp-ft has nothing to fine-tune with unfreeze: none. Name stages to unfreeze, or use feature-extraction.");
        if (options.Epochs < 2)
            throw new LearningException($"lp-ft needs at least 2 epochs, one to probe and one to fine-tune; the recipe has {options.Epochs}.");

        var probe = options.ProbeEpochs ?? Math.Max(1, (int)Math.Round(options.Epochs / 3.0, MidpointRounding.AwayFromZero));
        if (probe < 1 || probe >= options.Epochs)
            throw new LearningException($"The probe of lp-ft takes {probe} of {options.Epochs} epochs; it can take 1 to {options.Epochs - 1}.");
        return
        [
            new("linear-probe", probe, [], options.LearningRate, options.BackboneFactor),
            new("fine-tune", options.Epochs - probe, selected, options.LearningRate, options.BackboneFactor),
        ];
    }
}
