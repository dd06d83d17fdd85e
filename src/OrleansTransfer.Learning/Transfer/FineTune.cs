namespace OrleansTransfer.Learning.Transfer;

/// <summary>The head and the selected stages train together from the first step.</summary>
public sealed class FineTune : ITransferMethod
{
    /// <inheritdoc/>
    public string Name => "fine-tune";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) =>
        [new(Name, options.Epochs, StageSelector.Parse(options.Unfreeze, stages), options.LearningRate, options.BackboneFactor)];
}
