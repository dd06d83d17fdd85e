namespace OrleansTransfer.Learning.Transfer;

/// <summary>What a recipe says about the transfer, whatever the method.</summary>
/// <param name="Epochs">Length of the whole run in epochs, at least 1; a method divides it among its phases.</param>
/// <param name="Unfreeze">Which backbone stages train in the end; see <see cref="StageSelector.Parse"/>.</param>
/// <param name="LearningRate">Peak rate of the head, above 0.</param>
/// <param name="BackboneFactor">The backbone's rate is this times the head's; at least 0.</param>
/// <param name="ProbeEpochs">Epochs of the linear probe, for methods that have one; otherwise a third of all, rounded, and at least 1.</param>
public sealed record TransferOptions(int Epochs, string Unfreeze, double LearningRate, double BackboneFactor, int? ProbeEpochs = null)
{
    /// <summary>
    /// Whether the network comes with its head, trained on the source before: source-free methods then leave out their phase on the source, and all
    /// epochs are the target's.
    /// </summary>
    public bool IsFinished { get; init; }

    internal void Validate()
    {
        if (Epochs < 1) throw new LearningException($"epochs is {Epochs}; a run needs at least 1.");
        if (!(LearningRate > 0 && double.IsFinite(LearningRate))) throw new LearningException($"learningRate is {LearningRate}; it must be above 0.");
        if (!(BackboneFactor >= 0 && double.IsFinite(BackboneFactor)))
            throw new LearningException($"backboneFactor is {BackboneFactor}; it must be 0 or above.");
    }
}
