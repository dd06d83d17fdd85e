namespace OrleansTransfer.Learning.Transfer;

/// <summary>Only the head trains; the backbone is a fixed feature extractor. <c>unfreeze</c> and <c>backboneFactor</c> play no part.</summary>
public sealed class FeatureExtraction : ITransferMethod
{
    /// <inheritdoc/>
    public string Name => "feature-extraction";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) =>
        [new(Name, options.Epochs, [], options.LearningRate, options.BackboneFactor)];
}
