using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Training;

/// <summary>
/// All that a replica needs to continue bit for bit: a private copy on the CPU, taken between two steps. Randomness needs no state: every draw is a
/// pure function of the plan's seed and the position.
/// </summary>
/// <param name="Position">Where the run stood.</param>
/// <param name="Model">State dict under the architecture's keys.</param>
/// <param name="Optimizer">Optimizer state, keyed <c>{state}/{parameter key}</c> (for instance <c>exp_avg/fc.weight</c>), <c>step</c>,
/// and <c>epoch_loss</c>: the epoch's summed loss so far and its samples, float64 <c>[2]</c>.</param>
public sealed record ReplicaCheckpoint(
    TrainingPosition Position, IReadOnlyDictionary<string, Tensor> Model, IReadOnlyDictionary<string, Tensor> Optimizer) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Model.Values) tensor.Dispose();
        foreach (var tensor in Optimizer.Values) tensor.Dispose();
    }
}
